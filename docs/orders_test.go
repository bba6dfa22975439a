package docs_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

// docOrderMeanings says in Korean what a section of a status is waiting for.
var docOrderMeanings = map[order.Status]string{
	order.StatusOrdered:            "결제되었거나 결제를 기다립니다. 아직 아무 지시도 없습니다",
	order.StatusDeliveryInstructed: "물류로 넘겼습니다",
	order.StatusReleaseInstructed:  "피킹·포장 중입니다. 송장을 붙일 수 있습니다",
	order.StatusStockoutHeld:       "피킹에서 모자라 멈췄습니다",
	order.StatusReleased:           "창고를 떠났습니다. 배송되는 동안 내내 이 상태입니다",
	order.StatusDelivered:          "구매자가 받았습니다",
	order.StatusPurchaseConfirmed:  "구매자가 확정했거나 기한이 지났습니다",
	order.StatusCancelRequested:    "출고 전에 취소를 요청했습니다",
	order.StatusCancelled:          "끝",
	order.StatusReturnRequested:    "반품을 요청했습니다",
	order.StatusExchangeRequested:  "교환을 요청했습니다",
	order.StatusRecallInstructed:   "회수를 지시했습니다",
	order.StatusRecallConfirmed:    "돌아오는 중입니다",
	order.StatusRecallCompleted:    "받아서 수량을 세었습니다",
	order.StatusReturned:           "끝",
	order.StatusExchanged:          "돌아온 쪽 섹션의 끝. 새로 보낸 쪽은 제 길을 갑니다",
}

func docOrderStatuses(t *testing.T, _ []string) string {
	comments, _ := docConsts(t, "order")
	table := newDocTable("", "status", "한국어", "meaning", "뜻", "bucket · 구분")
	for _, s := range order.Statuses() {
		_, meaning, ok := strings.Cut(comments[docIdent("Status", s.String())], ": ")
		if !ok || docOrderMeanings[s] == "" {
			t.Errorf("%v: the comment of its constant has no meaning, or the page has no words for it", s)
		}
		table.row(s.Short(), docCode(s.String()), s.Korean(), meaning, docOrderMeanings[s], s.Bucket().Korean())
	}
	return table.String()
}

func docOrderMachine(*testing.T, []string) string { return "```mermaid\n" + order.Mermaid() + "```" }

func docOrderMatrix(*testing.T, []string) string { return order.MarkdownMatrix() }

func docOrderRules(*testing.T, []string) string { return order.MarkdownRules() }

// docOrderConditions lists the guards of the table: what each wants, and of which events.
func docOrderConditions(t *testing.T, _ []string) string {
	events, order := docGuards(t)
	table := newDocTable("condition", "what it wants", "events")
	for _, name := range order {
		table.row(docCode(name), docGuardMeaning(t, name), strings.Join(events[name], ", "))
	}
	return table.String()
}

// docGuards reads the guards of every event from the source of the table, in order of appearance.
func docGuards(t *testing.T) (events map[string][]string, order []string) {
	t.Helper()
	events = map[string][]string{}
	for _, f := range docPackage(t, "order") {
		f.specs(func(spec ast.Spec, _ *ast.CommentGroup) {
			s, ok := spec.(*ast.ValueSpec)
			if !ok || s.Names[0].Name != "table" || len(s.Values) == 0 {
				return
			}
			for key, row := range docEntries(s.Values[0]) {
				for field, list := range docEntries(row) {
					guards, ok := list.(*ast.CompositeLit)
					if !ok || field != "state" && field != "payload" {
						continue
					}
					for _, guard := range guards.Elts {
						name := guard.(*ast.Ident).Name
						if !slices.Contains(order, name) {
							order = append(order, name)
						}
						events[name] = append(events[name], key)
					}
				}
			}
		})
	}
	if len(order) < 10 {
		t.Fatalf("only the guards %v were found", order)
	}
	return events, order
}

// docEntries walks the keyed entries of a composite literal.
func docEntries(of ast.Expr) func(func(string, ast.Expr) bool) {
	return func(yield func(string, ast.Expr) bool) {
		literal, ok := of.(*ast.CompositeLit)
		if !ok {
			return
		}
		for _, element := range literal.Elts {
			entry, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			if key, ok := entry.Key.(*ast.Ident); ok && !yield(key.Name, entry.Value) {
				return
			}
		}
	}
}

// docGuardMeaning is the comment of a guard or, where its name says all, what it refuses with.
func docGuardMeaning(t *testing.T, name string) string {
	t.Helper()
	for _, f := range docPackage(t, "order") {
		for _, decl := range f.tree.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || d.Recv != nil || d.Name.Name != name {
				continue
			}
			if d.Doc != nil {
				return strings.TrimPrefix(docPlain(d.Doc), name+": ")
			}
			said := ""
			ast.Inspect(d.Body, func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
					said, _ = strconv.Unquote(text.Value)
				}
				return said == ""
			})
			if said == "" {
				t.Errorf("nothing says what the guard %s means", name)
			}
			return fmt.Sprintf("else “%s”", strings.ReplaceAll(said, "%s", "…"))
		}
	}
	t.Fatalf("there is no guard %s", name)
	return ""
}

func docOrderWorkLists(*testing.T, []string) string {
	table := newDocTable("list · 목록", "sections in · 섹션 상태", "actions · 할 일")
	for _, l := range order.WorkLists() {
		var statuses, actions []string
		for _, s := range l.Statuses {
			statuses = append(statuses, s.Korean()+" "+docCode(s.String()))
		}
		for _, a := range l.Actions {
			actions = append(actions, docCode("order."+a.String()))
		}
		table.row(l.Korean, strings.Join(statuses, ", "), strings.Join(actions, ", "))
	}
	return table.String()
}

// docOrderPlatforms lists the codes of the platforms by our statuses. A * marks a code that stands for several.
func docOrderPlatforms(*testing.T, []string) string {
	columns := []string{"status"}
	for _, p := range order.Platforms() {
		confidence := p.Codes()[0].Confidence
		columns = append(columns, fmt.Sprintf("%s (%s)", p, confidence))
	}
	table := newDocTable(columns...)
	for _, s := range order.Statuses() {
		cells := []string{docCode(s.String())}
		for _, p := range order.Platforms() {
			var codes []string
			for _, c := range p.Codes() {
				if slices.Contains(c.Statuses, s) {
					code := docCode(c.Code)
					if len(c.Statuses) > 1 {
						code += `\*`
					}
					codes = append(codes, code)
				}
			}
			cells = append(cells, strings.Join(codes, " "))
		}
		table.row(cells...)
	}
	return table.String()
}
