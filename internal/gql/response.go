package gql

import (
	"bytes"
	"encoding/json"
)

// The codes that the engine itself gives to errors.
const (
	CodeBadRequest = "BAD_REQUEST" // the request is at fault
	CodeInternal   = "INTERNAL"    // a resolver failed
)

// Request is one GraphQL request. Variables are decoded JSON, with numbers as json.Number.
type Request struct {
	Query         string
	OperationName string // empty: the only operation
	Variables     map[string]any
}

// Stage says how far a request came.
type Stage uint8

// The stages.
const (
	Refused      Stage = iota // the document is malformed, does not fit the schema, or has no such operation
	BadVariables              // the variables do not fit
	Executed                  // it ran; fields may have failed
)

// Response is the answer to one Request.
type Response struct {
	Stage  Stage
	Data   json.RawMessage // an object or null; nil unless Executed
	Errors []*Error        // in order of failure
}

// MarshalJSON writes errors first, and data only where the request was executed, as the documented servers do.
func (r Response) MarshalJSON() ([]byte, error) {
	return encode(struct {
		Errors []*Error        `json:"errors,omitempty"`
		Data   json.RawMessage `json:"data,omitempty"`
	}{r.Errors, r.Data})
}

// Error is one entry of errors[]. Resolvers return it with Message and Code; the engine adds where it happened.
type Error struct {
	Message   string
	Code      string // extensions.code; empty leaves the extensions out
	Locations []Location
	Path      []any             // response names and list positions; nil: about the whole request
	Extra     map[string]string // further extensions
	Bare      bool              // without extensions, although the engine gives every error a code

	// Turn orders errors of one answer: a resolver with a higher one fails later. It is not sent.
	Turn int
}

// Error is the message; GraphQL allows it to be empty.
func (e *Error) Error() string { return e.Message }

// MarshalJSON writes the members that are there, in the order that servers write them.
func (e *Error) MarshalJSON() ([]byte, error) {
	var extensions map[string]string
	if e.Code != "" {
		extensions = map[string]string{"code": e.Code}
		for name, text := range e.Extra {
			extensions[name] = text
		}
	}
	return encode(struct {
		Message    string            `json:"message"`
		Locations  []Location        `json:"locations,omitempty"`
		Path       []any             `json:"path,omitempty"`
		Extensions map[string]string `json:"extensions,omitempty"`
	}{e.Message, e.Locations, e.Path, extensions})
}

// encode is json.Marshal without the escapes for HTML, which GraphQL servers do not use.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
