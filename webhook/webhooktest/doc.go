// Package webhooktest holds the suites that every [webhook.Inbox], every [webhook.Source] and every [subscription.Registry]
// passes, ours and a host's own.
//
//	func TestInbox(t *testing.T) {
//		webhooktest.RunInbox(t, webhooktest.InboxHarness{
//			New:    func(t *testing.T) webhook.Inbox { return open(t, emptyDatabase(t)) },
//			Reopen: func(t *testing.T, in webhook.Inbox) webhook.Inbox { return open(t, in.(*Inbox).database()) },
//		})
//	}
//
// Each case holds one sentence of the contract against the implementation and names it when it fails. What a harness
// leaves out, and what an implementation cannot do, is skipped with the reason. The suites are under test themselves:
// there is no case that some broken inbox, source or registry does not fail.
//
// No case waits for time to pass: all of them are told what time it is.
package webhooktest
