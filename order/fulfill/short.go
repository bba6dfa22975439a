package fulfill

import (
	"context"
	"errors"
	"log/slog"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// short is a hook. It alerts operations when the month's budget of a carrier will not last, once for each month.
func (e *Engine) short(a poll.Alert) {
	var told *poll.ShortageError
	if !errors.As(a.Err, &told) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	err := e.tell(ctx, new(Report), Action{
		Key: "alert/budget/" + told.Carrier + "/" + told.Renews.AddDate(0, -1, 0).In(korea).Format("2006-01"), Name: AlertOperations, At: e.config.Now(),
		Reason: told.Error() + " (" + told.Korean() + ")",
	})
	if err != nil {
		e.config.Logger.ErrorContext(ctx, "a budget that will not last cannot be told", slog.String("carrier", told.Carrier), slog.String("err", reason(err)))
	}
}
