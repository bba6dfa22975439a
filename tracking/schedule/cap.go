package schedule

import "time"

const wholeDay = 24 * 60 * 60 // in seconds

// koreanDay names the day of Korea's calendar that t is on, by the second with which it begins.
func koreanDay(t time.Time) int64 { return midnightBefore(koreaSeconds(t)) }

func midnightBefore(at int64) int64 { return at - (at%wholeDay+wholeDay)%wholeDay }

// inKorea is the inverse of koreaSeconds.
func inKorea(seconds int64, zone *time.Location) time.Time {
	return time.Unix(seconds-9*60*60, 0).In(zone)
}

// withinCap gives the next poll of a number that may be asked so many times a day only; free is when it would be due without a cap.
//
// The rest of the day is planned as a whole: changes of each kind come with the density that they have before anything more is
// seen, and one threshold for the debt, the same till midnight, is sought at which the polls that are left last as long. Polls then
// lie as densely as the square root of (worth × density), and the next is where it is best before the one that follows it.
// A model has hazards for every later status, so that looking for the van in the morning leaves polls for the door in the afternoon.
// Every answer starts a new plan; once the polls of a day are used up it is of the next day, with the debt that has grown until then.
//
// The later of the plan's poll and free is next, so that a cap which does not bind changes nothing.
func (a Adaptive) withinCap(v *View, o outlook, free time.Time) time.Time {
	now, due := koreaSeconds(v.Now), koreaSeconds(free)
	from, left := now, v.Cap-v.Today
	usedUp := left <= 0
	if midnight := midnightBefore(now) + wholeDay; usedUp || due >= midnight {
		from, left = max(midnight, midnightBefore(due)), v.Cap
	}
	until := midnightBefore(from) + wholeDay
	if usedUp {
		free = later(free, daybreak(v, from))
	}

	var d dayAhead
	d.fill(&a, v, &o, now, from, until)
	wanted := float64(left + 1)
	if d.dense == 0 {
		return free // nothing is to come that day
	}
	if won := d.owedAt(float64(max(due-from, 0)) / 3600); won > 0 && d.lasts(won, wanted) {
		return free
	}
	won := d.threshold(wanted)
	second := d.second(won)
	hours := d.before(second)
	hours += v.shift() * (second - hours)
	if hours*3600 >= float64(until-from) {
		return later(free, daybreak(v, until))
	}
	return later(free, inKorea(from, v.Now.Location()).Add(time.Duration(hours*float64(time.Hour))))
}

// smallHours is the time after midnight over which polls are spread that are overdue when a day begins, as those of many are.
const smallHours = time.Hour

func daybreak(v *View, midnight int64) time.Time {
	return inKorea(midnight, v.Now.Location()).Add(time.Duration(v.Phase * float64(smallHours)))
}
