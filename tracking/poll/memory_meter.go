package poll

import "context"

// period names the counters of a carrier's Korean day or month.
type period struct{ carrier, name string }

// Reserve is Meter.Reserve.
func (m *MemoryStore) Reserve(ctx context.Context, r Reservation) (granted int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	granted = r.Grant(m.usage[period{r.Carrier, r.Day}].Units, m.usage[period{r.Carrier, monthOf(r.Day)}].Units)
	m.add(r.Carrier, r.Day, Usage{Units: int64(granted)})
	return granted, nil
}

// Count is Meter.Count.
func (m *MemoryStore) Count(ctx context.Context, carrier, day string, u Usage) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(carrier, day, u)
	return nil
}

// Usage is Meter.Usage.
func (m *MemoryStore) Usage(ctx context.Context, carrier, name string) (Usage, error) {
	if err := ctx.Err(); err != nil {
		return Usage{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usage[period{carrier, name}], nil
}

func (m *MemoryStore) add(carrier, day string, u Usage) {
	for _, name := range []string{day, monthOf(day)} {
		m.usage[period{carrier, name}] = m.usage[period{carrier, name}].Plus(u)
	}
}
