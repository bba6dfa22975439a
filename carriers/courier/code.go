package courier

// The couriers of the directory, as untyped constants: they fit tracking.Courier and any other string type. A host's
// own carrier may serve codes that are not here.
const (
	CJ          = "cj"           // CJ대한통운
	Post        = "post"         // 우체국택배
	Lotte       = "lotte"        // 롯데택배
	Hanjin      = "hanjin"       // 한진택배
	Logen       = "logen"        // 로젠택배
	Kyungdong   = "kyungdong"    // 경동택배
	Daesin      = "daesin"       // 대신택배
	Ilyang      = "ilyang"       // 일양로지스
	Chunil      = "chunil"       // 천일택배
	Kunyoung    = "kunyoung"     // 건영택배
	Hapdong     = "hapdong"      // 합동택배
	Hanips      = "hanips"       // 한의사랑택배
	GSPostbox   = "gspostbox"    // GS Postbox 택배(CVSnet)
	CUPost      = "cupost"       // CU 편의점택배
	Woori       = "woori"        // 우리택배(구호남택배)
	SLX         = "slx"          // SLX택배
	Homepick    = "homepick"     // 홈픽택배
	Goodtoluck  = "goodtoluck"   // 굿투럭
	Yongma      = "yongma"       // 용마로지스
	TodayPickup = "todaypickup"  // 오늘의픽업
	Cway        = "cway"         // Cway Express
	LTL         = "ltl"          // LTL
	Pantos      = "pantos"       // LX판토스
	LotteGlobal = "lotte-global" // 롯데택배 해외특송
	Sungwon     = "sungwon"      // 성원글로벌카고
	EMS         = "ems"          // EMS
	Coupang     = "coupang"      // 쿠팡 로지스틱스
	DHL         = "dhl"          // DHL
	FedEx       = "fedex"        // FedEx
	UPS         = "ups"          // UPS
	USPS        = "usps"         // USPS
	TNT         = "tnt"          // TNT Express
	Cainiao     = "cainiao"      // 차이냐오 글로벌
	Sagawa      = "sagawa"       // 사가와
	Yamato      = "yamato"       // 야마토
	ActCore     = "actcore"      // 액트코어(해상 인바운드)
	Nonghyup    = "nonghyup"     // 농협택배
	Kurly       = "kurly"        // 컬리넥스트마일
	DoobalHero  = "doobalhero"   // 두발히어로
	Delibox     = "delibox"      // 딜리박스
	Glovis      = "glovis"       // 현대글로비스
	SF          = "sf"           // SF익스프레스
	JapanPost   = "yuubin"       // 일본우체국 (ゆうびん)
	Dummy       = "dummy"        // 시험용: the test courier of tracker.delivery; its number is a time and is never normalised
)
