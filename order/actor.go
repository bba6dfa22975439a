package order

// A Role is the part somebody plays when a command is given.
type Role string

// The roles. An operator may also do what sellers and buyers do; every other role does only what the table gives it. An
// admin who works as an operator gives commands as one.
const (
	RoleBuyer    Role = "buyer"    // 구매자
	RoleSeller   Role = "seller"   // 판매자
	RoleOperator Role = "operator" // 운영자, a person at a screen
	RoleAdmin    Role = "admin"    // 관리자, corrections
	RoleSystem   Role = "system"   // the shop itself, such as the expiry of unpaid orders
	RoleBatch    Role = "batch"    // a nightly job
	RoleBulk     Role = "bulk"     // spreadsheet ship-out
	RoleTracker  Role = "tracker"  // facts about parcels
	RoleCourier  Role = "courier"  // the courier's own recall report
	RoleRefund   Role = "refund"   // the refund service
)

// An Actor is who gives a command: a role, and an identifier of the host's for the person or machine. Put no name
// of a person there; it is kept in history in clear.
type Actor struct {
	Role Role   `json:"role"`
	ID   string `json:"id,omitempty"`
}

// Buyer is the buyer, under the host's identifier.
func Buyer(id string) Actor { return Actor{RoleBuyer, id} }

// Seller is somebody of the seller.
func Seller(id string) Actor { return Actor{RoleSeller, id} }

// Operator is a person at a back-office screen.
func Operator(id string) Actor { return Actor{RoleOperator, id} }

// Admin is a person who may correct what operators did, and does nothing else under this role.
func Admin(id string) Actor { return Actor{RoleAdmin, id} }

// System is the shop itself.
func System(id string) Actor { return Actor{RoleSystem, id} }

// Batch is a nightly job.
func Batch(id string) Actor { return Actor{RoleBatch, id} }

// Bulk is a spreadsheet upload.
func Bulk(id string) Actor { return Actor{RoleBulk, id} }

// Tracker is a source of facts about parcels. The identifier is the provider's, which history then shows.
func Tracker(id string) Actor { return Actor{RoleTracker, id} }

// Courier is the courier who reports on a recall.
func Courier(id string) Actor { return Actor{RoleCourier, id} }

// Refund is the service that pays money back.
func Refund(id string) Actor { return Actor{RoleRefund, id} }

// String gives "operator kim".
func (a Actor) String() string {
	if a.ID == "" {
		return string(a.Role)
	}
	return string(a.Role) + " " + a.ID
}
