// Package privacy keeps the personal data (개인정보) of an order out of sight: names, telephone numbers, addresses, delivery
// memos, e-mail addresses and customs codes of the people who order and receive.
//
// # Values that mask themselves
//
// A [Sensitive] holds one piece of such data and shows a mask of it to everybody who prints or encodes it:
//
//	to := privacy.Name("홍길동")
//	fmt.Println(to)                           // 홍*동
//	slog.Info("shipped", "to", to)            // … to=홍*동
//	json.Marshal(map[string]any{"to": to})    // {"to":"홍*동"}
//
// That holds for every verb of fmt, for JSON, XML, YAML and slog, inside structs, and for printers that walk values by
// reflection and look into unexported fields: they find an enciphered text. Binary encodings (gob) and package
// database/sql refuse the value, because what they wrote would be a mask that is taken for the text later. For the same
// reason nothing decodes into a Sensitive; it is made with a constructor.
//
// Masking fails closed. What cannot be parsed as what it should be is hidden whole. An empty value stays empty, so
// that a missing phone number can be told from a hidden one.
//
// Masks come in two profiles. Every value carries its own, so that a screen, a log and a file show the same of it.
// [Standard] shows 홍*동 and 010-****-5678, [Strict] 홍** and 010-****-****.
//
// # Unmasking
//
// The text is for those who need it to do their work and are allowed to. A [Guard] gives a [Permit] to an actor who
// names purpose, fields and action, and whom the host authorizes; with the permit the values are unmasked:
//
//	permit, err := guard.Issue(ctx, privacy.Request{
//		Actor: "op-17", Purpose: "배송 문의 응대", Source: "10.0.3.9",
//		Fields: []privacy.Kind{privacy.KindName, privacy.KindPhone},
//	})
//	texts, err := guard.Unmask(ctx, permit, "o-1001", recipient.Name, recipient.Phone)
//
// Before a single text is given, an [Access] record goes to the host's [Sink]: who saw whose data, when, from where, for
// what. If it cannot be written, nothing is unmasked; the caller gets the masks and an error. Masked views need no
// permit and leave no record. The person is in the record as a keyed hash of the order's id ([Key.Subject]), so that the
// records answer "who saw this person's data" without being personal data themselves.
//
// There are three actions. VIEW (조회) shows data on a screen. EXPORT (다운로드) lets it leave as a file and needs a
// reason, which somebody is to check each month. STORE (입력) is for programs that write data to tables of the host; it
// needs a reason and the name of the table, and is recorded once, when the permit is issued.
//
// # Records
//
// The Korean standard on the safety of personal data (개인정보의 안전성 확보조치 기준, article 8) wants access records
// (접속기록) kept for one or two years, reviewed each month, and protected against alteration and loss. [Log] is a sink that
// appends lines of JSON, chained by keyed hashes; [Verify] finds whatever was changed in it. [Retention] tells when
// records may go.
//
// # What is not here
//
// Bank accounts, cards, resident registration numbers (주민등록번호), passports and licences have no kind: Waybill has no
// use for them, and a host should refuse them where they come in. The courier's free texts are scrubbed by package
// tracking's adapters before anybody sees them. Who may see what is the host's to say; this package asks
// [Config].Authorize.
//
// Nothing here protects against code in the same process that reads memory with package unsafe, or against a host that
// prints what it has unmasked.
package privacy
