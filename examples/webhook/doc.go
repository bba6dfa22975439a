// Webhook receives the pushes of three providers in a plain net/http server and prints what arrives.
//
// Nobody pushes to a developer's machine, so the program plays both sides: it mounts the handler on a free port of this
// machine, registers six parcels at a sandbox of deliveryapi, SweetTracker and tracker.delivery, and lets three days pass in a
// few seconds while the sandbox pushes what happens.
//
//	go run ./examples/webhook
//	go run ./examples/webhook -json
//	go run ./examples/webhook -lies   # drops, repeats, delays, reorders, forges, replays and tampers as well
//
// # Mounting
//
// The handler is an http.Handler that finds its source in the path by itself. In net/http:
//
//	mux.Handle("POST /webhooks/", hooks)
//
// In chi, outside of any middleware that reads bodies:
//
//	r := chi.NewRouter()
//	r.Mount("/webhooks", hooks)
//
// In echo:
//
//	e := echo.New()
//	e.POST("/webhooks/*", echo.WrapHandler(hooks))
//
// In gin:
//
//	g := gin.New()
//	g.POST("/webhooks/*rest", gin.WrapH(hooks))
//
// Addresses that end in a token are secrets: keep the paths below /webhooks out of access logs.
package main
