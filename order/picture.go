package order

import (
	"fmt"
	"slices"
	"strings"
)

// The machine shows itself. Every picture is made from the table that [Machine.Decide] judges by, in the order of the
// constants, so that the same table gives the same bytes.
//
// Policy events carry a °, whatever a host's switches are. Events that lead back to the prior status (↩) end in one
// node per type of claim, which lists the statuses that such a claim can have been opened from.

// Mermaid gives the machine as a Mermaid state diagram, which GitHub and most documentation tools draw.
func Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, n := range nodes() {
		fmt.Fprintf(&b, "    state \"%s\" as %s\n", strings.Join(n.lines, "<br/>"), n.id)
	}
	for _, a := range arrows() {
		from, to := a.from, a.to
		if from == "" {
			from = "[*]"
		}
		fmt.Fprintf(&b, "    %s --> %s : %s\n", from, to, strings.Join(a.labels(), "<br/>"))
	}
	for _, s := range Statuses() {
		if s.Terminal() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s.Short())
		}
	}
	return b.String()
}

// DOT gives the machine as a directed graph for Graphviz. Arrows that only policy events take are dashed, terminal
// statuses have a double frame.
func DOT() string {
	var b strings.Builder
	b.WriteString("digraph order {\n    rankdir=LR\n    node [shape=box]\n    start [shape=point]\n")
	for _, n := range nodes() {
		fmt.Fprintf(&b, "    %s [label=\"%s\"%s]\n", n.id, strings.Join(n.lines, `\n`), n.frame())
	}
	for _, a := range arrows() {
		from, style := a.from, ""
		if from == "" {
			from = "start"
		}
		if a.policyOnly() {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "    %s -> %s [label=\"%s\"%s]\n", from, a.to, strings.Join(a.labels(), `\n`), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// A node is a status, or what stands for "the prior status" of a type of claim.
type node struct {
	id    string
	lines []string
	end   bool
	back  bool
}

func (n node) frame() string {
	switch {
	case n.end:
		return ", peripheries=2"
	case n.back:
		return ", style=dotted"
	}
	return ""
}

func nodes() []node {
	var all []node
	for _, s := range Statuses() {
		all = append(all, node{id: s.Short(), lines: []string{s.Korean(), s.String()}, end: s.Terminal()})
	}
	for _, t := range claimTypes() {
		all = append(all, node{id: backTo(t), lines: []string{"↩ " + strings.Join(openedFrom(t), " · ")}, back: true})
	}
	return all
}

func claimTypes() []ClaimType { return []ClaimType{ClaimCancel, ClaimReturn, ClaimExchange} }

// backTo is the id of the node for the prior status of a claim.
func backTo(t ClaimType) string { return "BACK_" + string(t) }

// openedFrom lists the statuses that a claim can have been opened from: those that ↩ can lead to. Claims that are closed
// by the event that opens them have no way back.
func openedFrom(t ClaimType) []string {
	var core, policy statusSet
	for _, name := range StatusEvents() {
		r := &table[name]
		switch {
		case r.opens() != t || r.closes != "":
		case r.core():
			core |= r.from
		default:
			policy |= r.from
		}
	}
	var from []string
	for _, s := range Statuses() {
		switch {
		case core.has(s):
			from = append(from, s.Short())
		case policy.has(s):
			from = append(from, s.Short()+"°")
		}
	}
	return from
}

// An arrow is everything that leads from one node to another. The arrow of a new order or section comes from nowhere.
type arrow struct {
	from, to string
	events   []EventName
}

// labels has a line for every event of the arrow.
func (a arrow) labels() []string {
	lines := make([]string, len(a.events))
	for i, name := range a.events {
		lines[i] = name.Korean() + " " + marked(name)
	}
	return lines
}

func (a arrow) policyOnly() bool {
	return !slices.ContainsFunc(a.events, func(name EventName) bool { return name.Records() || table[name].core() })
}

// marked is the event's name, with a ° if it has a switch.
func marked(name EventName) string {
	if !name.Records() && !table[name].core() {
		return name.String() + "°"
	}
	return name.String()
}

// arrows gives those of new sections, then those of every status in turn.
func arrows() []arrow {
	all := []arrow{{to: StatusOrdered.Short(), events: []EventName{Created}}}
	if anew := sendingAnew(); len(anew) > 0 {
		all = append(all, arrow{to: StatusDeliveryInstructed.Short(), events: anew})
	}
	for _, from := range Statuses() {
		all = append(all, arrowsFrom(from)...)
	}
	return all
}

// sendingAnew lists the events that make a replacement section, which begins as DELIVERY_INSTRUCTED.
func sendingAnew() []EventName {
	var names []EventName
	for _, name := range StatusEvents() {
		if table[name].part == outbound {
			names = append(names, name)
		}
	}
	return names
}

// arrowsFrom gives the arrows of one status in the order of the nodes.
func arrowsFrom(from Status) []arrow {
	leading := map[string][]EventName{}
	for _, name := range StatusEvents() {
		if r := &table[name]; r.from.has(from) {
			to := r.destination(from)
			leading[to] = append(leading[to], name)
		}
	}
	var found []arrow
	for _, n := range nodes() {
		if events := leading[n.id]; len(events) > 0 {
			found = append(found, arrow{from: from.Short(), to: n.id, events: events})
		}
	}
	return found
}

// destination is the node that the rule leads to.
func (r *rule) destination(from Status) string {
	switch r.to {
	case same:
		return from.Short()
	case prior:
		return backTo(r.claims.first())
	}
	return r.to.Short()
}

// Korean gives the Korean name of the event, such as 출고지시. It is empty for what is no event.
func (n EventName) Korean() string {
	switch {
	case n.Records():
		return records[n-statusEventCount].korean
	case n <= statusEventCount:
		return table[n].korean
	}
	return ""
}
