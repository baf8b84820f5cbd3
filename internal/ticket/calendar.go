package ticket

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

// Calendar is the showtime as one event of a calendar file, with a reminder when the doors open. It carries no ticket code.
func Calendar(d Document) []byte {
	cal := ics.NewCalendarFor("cinema")
	cal.SetMethod(ics.MethodPublish)
	e := cal.AddEvent(string(d.Booking) + "@cinema")
	e.SetDtStampTime(d.Issued)
	e.SetStartAt(d.Start)
	e.SetEndAt(d.End)
	e.SetSummary(oneLine(d.Film))
	e.SetLocation(oneLine(join(", ", d.Cinema, d.Auditorium, d.Address)))
	e.SetDescription(strings.Join(describe(d), "\n"))
	e.SetStatus(ics.ObjectStatusConfirmed)
	alarm := e.AddAlarm()
	alarm.SetAction(ics.ActionDisplay)
	alarm.SetDescription(oneLine("Doors open for " + d.Film))
	alarm.SetTrigger(trigger(d.Start.Sub(d.Doors)))
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

func describe(d Document) []string {
	seats := make([]string, len(d.Admissions))
	for i, a := range d.Admissions {
		seats[i] = string(a.Seat)
	}
	lines := []string{"Booking " + d.Reference, "Doors open at " + d.Doors.Format("15:04")}
	if len(seats) > 0 {
		lines = append(lines, "Seats "+strings.Join(seats, ", "))
	}
	if d.Notice != "" {
		lines = append(lines, oneLine(d.Notice))
	}
	return lines
}

// oneLine puts blanks in the place of control characters: the format escapes line feeds, and readers take a lone return for one.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// trigger is an RFC 5545 duration before the start, in whole minutes.
func trigger(before time.Duration) string {
	return "-PT" + strconv.Itoa(int(before/time.Minute)) + "M"
}
