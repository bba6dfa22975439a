package fulfill

import (
	"container/heap"
	"time"
)

// An agenda holds what is to be done by the time at which it may be. Two of one time come in the order of compare.
type agenda[K comparable] struct {
	compare func(a, b K) int
	heap    []appointment[K]
	place   map[K]int // in the heap
}

type appointment[K comparable] struct {
	key K
	at  time.Time
}

func newAgenda[K comparable](compare func(a, b K) int) *agenda[K] {
	return &agenda[K]{compare: compare, place: map[K]int{}}
}

// set puts a key at a time, wherever it was before.
func (a *agenda[K]) set(k K, at time.Time) {
	if i, ok := a.place[k]; ok {
		a.heap[i].at = at
		heap.Fix(a, i)
		return
	}
	heap.Push(a, appointment[K]{k, at})
}

// remove takes a key out, if it is there.
func (a *agenda[K]) remove(k K) {
	if i, ok := a.place[k]; ok {
		heap.Remove(a, i)
	}
}

// first gives what may be done first.
func (a *agenda[K]) first() (first appointment[K], ok bool) {
	if a == nil || len(a.heap) == 0 {
		return first, false
	}
	return a.heap[0], true
}

// Len is for package heap.
func (a *agenda[K]) Len() int { return len(a.heap) }

// Less is for package heap.
func (a *agenda[K]) Less(i, j int) bool {
	x, y := a.heap[i], a.heap[j]
	if c := x.at.Compare(y.at); c != 0 {
		return c < 0
	}
	return a.compare(x.key, y.key) < 0
}

// Swap is for package heap.
func (a *agenda[K]) Swap(i, j int) {
	a.heap[i], a.heap[j] = a.heap[j], a.heap[i]
	a.place[a.heap[i].key], a.place[a.heap[j].key] = i, j
}

// Push is for package heap.
func (a *agenda[K]) Push(x any) {
	it := x.(appointment[K])
	a.place[it.key] = len(a.heap)
	a.heap = append(a.heap, it)
}

// Pop is for package heap.
func (a *agenda[K]) Pop() any {
	last := len(a.heap) - 1
	it := a.heap[last]
	a.heap = a.heap[:last]
	delete(a.place, it.key)
	return it
}
