package subscription_test

import (
	"testing"

	"github.com/waybill-dev/waybill/webhook/subscription"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

func TestMemoryRegistry(t *testing.T) {
	webhooktest.RunRegistry(t, webhooktest.RegistryHarness{
		New: func(*testing.T) subscription.Registry { return subscription.NewMemoryRegistry() },
	})
}
