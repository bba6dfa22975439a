package privacy

import (
	"bytes"
	"slices"
)

// A Memory is a [Log] that is gone with the process, for tests and demonstrations. It grows without limit.
type Memory struct {
	*Log
	lines *bytes.Buffer
}

// NewMemory makes an empty one.
func NewMemory(key Key) (*Memory, error) {
	var lines bytes.Buffer
	l, err := NewLog(&lines, key, Anchor{})
	if err != nil {
		return nil, err
	}
	return &Memory{l, &lines}, nil
}

// Bytes gives a copy of the log as a file would have it.
func (m *Memory) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines.Bytes())
}

// Accesses gives the records so far, in order.
func (m *Memory) Accesses() ([]Access, error) {
	var accesses []Access
	for access, err := range Records(bytes.NewReader(m.Bytes()), m.key, Anchor{}) {
		if err != nil {
			return accesses, err
		}
		accesses = append(accesses, access)
	}
	return accesses, nil
}
