package sqlstore_test

import (
	"database/sql"
	"testing"

	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

func TestInbox(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		empty := e.emptied(t)
		again := map[webhook.Inbox]func() webhook.Inbox{}
		var open func(t *testing.T, connect func() *sql.DB) webhook.Inbox
		open = func(t *testing.T, connect func() *sql.DB) webhook.Inbox {
			s := made(t, connect(), e)
			in := s.Inbox()
			again[in] = func() webhook.Inbox { s.Close(); return open(t, connect) }
			return in
		}
		webhooktest.RunInbox(t, webhooktest.InboxHarness{
			New:    func(t *testing.T) webhook.Inbox { return open(t, empty(t)) },
			Reopen: func(_ *testing.T, in webhook.Inbox) webhook.Inbox { return again[in]() },
		})
	})
}
