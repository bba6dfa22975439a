package bulk

// Templates lists the shipped templates: ours first.
func Templates() []Template {
	return []Template{Own(), Naver(), CoupangWing(), Imweb(), Winselling(), MShop()}
}

var (
	courierHeadings = []string{"택배사", "택배사명", "배송업체", "courier"}
	waybillHeadings = []string{"운송장번호", "송장번호", "등기번호", "waybill"}
)

// Own is our own template: 배송번호 or 섹션ID, 택배사, 운송장번호, and optionally 품목ID, 수량, 출고일, 배송방법, 메모. What is in 메모
// is not read.
func Own() Template {
	return Template{
		Name: "waybill",
		Columns: []Column{
			{Field: FieldKey, Key: KeyDelivery, Headings: []string{"배송번호", "delivery number"}, Required: true},
			{Field: FieldKey, Key: KeySection, Headings: []string{"섹션ID", "주문섹션번호", "section id"}, Required: true},
			{Field: FieldCourier, Headings: append([]string{"택배사 코드", "택배사코드"}, courierHeadings...), Required: true},
			{Field: FieldWaybill, Headings: waybillHeadings, Required: true},
			{Field: FieldItem, Headings: []string{"품목ID", "섹션아이템ID", "item id"}},
			{Field: FieldQuantity, Headings: []string{"수량", "출고수량", "quantity"}},
			{Field: FieldDate, Headings: []string{"출고일", "출고일자", "발송일", "ship date"}},
			{Field: FieldMethod, Headings: []string{"배송방법", "method"}},
		},
	}
}

// Naver is the sheet 발송처리 of Naver SmartStore: keys are product-order numbers of 16 digits, couriers are Korean names
// (reported).
func Naver() Template {
	return Template{
		Name:  "naver",
		Sheet: "발송처리",
		Columns: []Column{
			{Field: FieldKey, Key: KeyLine, Headings: []string{"상품주문번호"}, Required: true},
			{Field: FieldMethod, Headings: []string{"배송방법", "배송방법 구분"}, Required: true},
			{Field: FieldCourier, Headings: courierHeadings, Required: true},
			{Field: FieldWaybill, Headings: waybillHeadings, Required: true},
		},
		Plain: []string{"주문번호"},
	}
}

// CoupangWing is the DeliveryList of Coupang Wing, 40 columns whose headings drift between years (reported). A box
// ships whole; where 분리배송 Y/N says Y, the option of the row ships alone.
func CoupangWing() Template {
	return Template{
		Name: "coupang",
		Columns: []Column{
			{Field: FieldKey, Key: KeyDelivery, Headings: []string{"묶음배송번호"}, Required: true},
			{Field: FieldCourier, Headings: courierHeadings, Required: true},
			{Field: FieldWaybill, Headings: waybillHeadings, Required: true},
			{Field: FieldSplit, Headings: []string{"분리배송 Y/N", "분리배송"}},
			{Field: FieldItem, Headings: []string{"옵션ID"}},
		},
		SplitYes: []string{"Y", "예"},
		Plain: []string{
			"번호", "주문번호", "분리배송 출고예정일", "주문시 출고예정일", "출고일(발송일)", "주문일", "등록상품명", "등록옵션명",
			"노출상품명(옵션명)", "노출상품ID", "노출상품명", "옵션명", "최초등록등록상품명/옵션명", "최초등록옵션명", "업체상품코드", "바코드", "결제액",
			"배송비구분", "배송비", "도서산간 추가배송비", "구매수(수량)", "옵션판매가(판매단가)", "상품별 추가메시지 사용여부", "결제위치", "배송유형",
		},
	}
}

// Imweb is the Excel template of Imweb, whose column of target statuses says 배송중 or 배송대기 (documented). Its exact
// headings are not known to us; the aliases are guesses.
func Imweb() Template {
	return Template{
		Name: "imweb",
		Columns: []Column{
			{Field: FieldKey, Key: KeySection, Headings: []string{"주문섹션번호", "주문 섹션 번호", "섹션ID"}, Required: true},
			{Field: FieldKey, Key: KeyOrder, Headings: []string{"주문번호"}, Required: true},
			{Field: FieldStatus, Headings: []string{"배송상태", "주문상태", "변경할 상태"}, Required: true},
			{Field: FieldCourier, Headings: courierHeadings, Required: true},
			{Field: FieldWaybill, Headings: waybillHeadings, Required: true},
		},
		Statuses: map[string]Target{"배송중": Release, "배송대기": Register},
	}
}

// Winselling has a line number, the courier's code and the number; courier delivery only, and formulas break its files
// (documented).
func Winselling() Template {
	return Template{
		Name: "winselling",
		Columns: []Column{
			{Field: FieldKey, Key: KeyLine, Headings: []string{"주문상품번호"}, Required: true},
			{Field: FieldCourier, Headings: append([]string{"택배사 코드", "택배사코드"}, courierHeadings...), Required: true},
			{Field: FieldWaybill, Headings: waybillHeadings, Required: true},
		},
	}
}

// MShop is the CSV of MShop for WooCommerce; order_item_id and order_status exclude each other (documented). The values
// of order_status are not known to us: 배송중 and 배송대기 are understood, others refused.
func MShop() Template {
	return Template{
		Name: "mshop",
		Columns: []Column{
			{Field: FieldKey, Key: KeyOrder, Headings: []string{"order_id"}, Required: true},
			{Field: FieldCourier, Headings: []string{"dlv_code"}, Required: true},
			{Field: FieldWaybill, Headings: []string{"sheet_no"}, Required: true},
			{Field: FieldStatus, Headings: []string{"order_status"}},
			{Field: FieldItem, Headings: []string{"order_item_id"}},
		},
		Statuses:     map[string]Target{"배송중": Release, "배송대기": Register},
		StatusOrItem: true,
	}
}
