package order

import (
	"fmt"
	"strings"
)

// MarkdownMatrix gives the machine as a Markdown table of events by statuses. A cell has the status that the event leads
// to, = where the status stays, ↩ where it goes back to the prior one, · where the event is illegal, and a ° at policy
// events. Conditions beyond the status are not shown: WithdrawReturn, for instance, needs a claim of type RETURN.
func MarkdownMatrix() string {
	var b strings.Builder
	b.WriteString("| event \\ from | 한국어 |")
	for _, s := range Statuses() {
		b.WriteString(" " + s.Short() + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", statusCount) + "\n")
	for _, name := range StatusEvents() {
		fmt.Fprintf(&b, "| %s | %s |", name, name.Korean())
		for _, s := range Statuses() {
			b.WriteString(" " + table[name].cell(s) + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (r *rule) cell(from Status) string {
	if !r.from.has(from) {
		return "·"
	}
	sign := r.to.Short()
	switch r.to {
	case same:
		sign = "="
	case prior:
		sign = "↩"
	}
	if !r.core() {
		sign += "°"
	}
	return sign
}

// MarkdownRules gives the machine as a Markdown list of its rules: what each event needs and does, but for its
// conditions, which are code.
func MarkdownRules() string {
	var b strings.Builder
	b.WriteString("| # | event | 한국어 | from | to | claim | roles | part of a section | widest target | switch |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, name := range StatusEvents() {
		r := &table[name]
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, name, name.Korean(),
			strings.ReplaceAll(r.from.String(), "|", ", "), r.target(), r.claimWords(), r.roleWords(), r.part, r.level, r.switchWords())
	}
	return b.String()
}

func (r *rule) target() string {
	switch r.to {
	case same:
		return "unchanged"
	case prior:
		return "prior status"
	}
	return r.to.String()
}

func (r *rule) claimWords() string {
	if opened := r.opens(); opened != "" {
		return "opens " + string(opened)
	}
	var words []string
	for _, t := range claimTypes() {
		if r.claims.has(t) {
			words = append(words, string(t))
		}
	}
	return strings.Join(words, ", ")
}

// roleWords lists the roles, and the tracker in brackets where a switch lets it in.
func (r *rule) roleWords() string {
	if r.scanned != nil {
		return r.actors.String() + ", (" + string(RoleTracker) + ")"
	}
	return r.actors.String()
}

func (r *rule) switchWords() string {
	switch {
	case r.core():
		return ""
	case r.enabled:
		return "on"
	}
	return "off"
}

// String lists the roles.
func (set roleSet) String() string {
	var words []string
	for _, role := range []struct {
		set  roleSet
		name Role
	}{
		{buyer, RoleBuyer}, {seller, RoleSeller}, {operator, RoleOperator}, {admin, RoleAdmin}, {system, RoleSystem},
		{batch, RoleBatch}, {bulk, RoleBulk}, {tracker, RoleTracker}, {courier, RoleCourier}, {refund, RoleRefund},
	} {
		if set&role.set != 0 {
			words = append(words, string(role.name))
		}
	}
	return strings.Join(words, ", ")
}

// String says what the portion allows.
func (p portion) String() string {
	switch p {
	case wholly:
		return "whole section only"
	case itemwise:
		return "whole items"
	case byQuantity:
		return "items and quantities"
	case outbound:
		return "stays; as much is sent anew"
	}
	return fmt.Sprintf("portion(%d)", uint8(p))
}

// String names the level.
func (l level) String() string {
	if l == orderLevel {
		return "order"
	}
	return "section"
}
