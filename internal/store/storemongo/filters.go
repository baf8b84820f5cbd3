package storemongo

import (
	"regexp"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// Filters are built here and nowhere else, from typed values: a string of a request is always the value of a comparison, never a key,
// an operator or a document, and a word that is searched for is quoted.

// afterBar follows every id that begins with "<prefix>|": '}' is the character after '|'.
const afterBar = "}"

func field(name string, value any) bson.D { return bson.D{{Key: name, Value: value}} }

func byID(id string) bson.D { return field("_id", id) }

func among[K ~string](values []K) bson.D {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return field("$in", all)
}

// under are the ids that begin with "<prefix>|".
func under(prefix string) bson.D { return field("_id", between(prefix+"|", prefix+afterBar)) }

// between is from inclusive to exclusive; a zero instant on either side leaves it open.
func between(from, to any) bson.D {
	d := bson.D{}
	if t, ok := from.(time.Time); !ok || !t.IsZero() {
		d = append(d, bson.E{Key: "$gte", Value: from})
	}
	if t, ok := to.(time.Time); !ok || !t.IsZero() {
		d = append(d, bson.E{Key: "$lt", Value: to})
	}
	return d
}

// ownedClaims are a booking's claims among seats whose ids are known.
func ownedClaims(show ident.Showtime, seats []ident.Seat, id ident.Booking) bson.D {
	return bson.D{{Key: "_id", Value: among(claimIDs(show, seats))}, {Key: "booking_id", Value: string(id)}}
}

// foreignClaims are other bookings' claims among seats.
func foreignClaims(show ident.Showtime, seats []ident.Seat, id ident.Booking) bson.D {
	return bson.D{{Key: "_id", Value: among(claimIDs(show, seats))}, {Key: "booking_id", Value: field("$ne", string(id))}}
}

// lowerRank is the booking while a status may still be written over it.
func lowerRank(id ident.Booking, to booking.Status) bson.D {
	return bson.D{{Key: "_id", Value: string(id)}, {Key: "rank", Value: field("$lt", to.Rank())}}
}

// openOf are the unpaid bookings of a user for a showtime, one aside.
func openOf(b booking.Booking) bson.D {
	return bson.D{
		{Key: "user_id", Value: string(b.User)},
		{Key: "showtime_id", Value: string(b.Showtime)},
		{Key: "rank", Value: field("$lte", booking.Voiding.Rank())},
		{Key: "_id", Value: field("$ne", string(b.ID))},
	}
}

// sealAndIntents are the registers that decide whether a booking may be settled.
func sealAndIntents(id ident.Booking) bson.D {
	return field("$or", bson.A{byID(registerID(booking.KindSeal, string(id))), under(registerID(booking.KindCancel, string(id)))})
}

// waiting are bookings that wait for money or for their end.
func waiting(before time.Time) bson.D {
	ranks := []int{
		booking.Reserving.Rank(), booking.Pending.Rank(), booking.Paid.Rank(), booking.Voiding.Rank(), booking.Cancelling.Rank(),
	}
	return bson.D{{Key: "rank", Value: field("$in", ranks)}, {Key: "created_at", Value: field("$lt", before)}}
}

// bookingsAsked are the bookings that a query asks for, wherever its page begins.
func bookingsAsked(q booking.Query) bson.D {
	d := bson.D{}
	if len(q.Users) > 0 {
		d = append(d, bson.E{Key: "user_id", Value: among(q.Users)})
	}
	if q.Showtime != "" {
		d = append(d, bson.E{Key: "showtime_id", Value: string(q.Showtime)})
	}
	if len(q.Cinemas) > 0 {
		d = append(d, bson.E{Key: "cinema_id", Value: among(q.Cinemas)})
	}
	switch q.Public {
	case "":
	case booking.Pending.Public():
		d = append(d, bson.E{Key: "rank", Value: field("$lte", booking.Voiding.Rank())})
	case booking.Cancelled.Public():
		d = append(d, bson.E{Key: "status", Value: among([]booking.Status{booking.Cancelling, booking.Cancelled})})
	default:
		d = append(d, bson.E{Key: "status", Value: q.Public})
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		d = append(d, bson.E{Key: "created_at", Value: between(millis(q.From), millis(q.To))})
	}
	if named := wordsBegin(q.Text); named != nil {
		d = append(d, bson.E{Key: "$or", Value: bson.A{field("terms", begins(foldReference(q.Text))), named}})
	}
	if q.Reference != "" {
		d = append(d, bson.E{Key: "reference", Value: q.Reference})
	}
	return d
}

// beforePlace narrows a newest-first list to what follows a place.
func beforePlace(filter bson.D, p booking.Place) bson.D {
	if p == (booking.Place{}) {
		return filter
	}
	at := millis(p.CreatedAt)
	return field("$and", bson.A{filter, field("$or", bson.A{
		field("created_at", field("$lt", at)),
		bson.D{{Key: "created_at", Value: at}, {Key: "_id", Value: field("$lt", string(p.ID))}},
	})})
}

// wordsBegin wants every word of the text to begin one of the terms; nil when there are no words.
func wordsBegin(text string) bson.D {
	all := words(text)
	if len(all) == 0 {
		return nil
	}
	every := bson.A{}
	for _, w := range all[:min(len(all), maxWords)] {
		every = append(every, field("terms", begins(w)))
	}
	return field("$and", every)
}

// begins is an anchored, quoted and case-sensitive prefix, which an index on the terms serves as a range.
func begins(prefix string) bson.Regex { return bson.Regex{Pattern: "^" + regexp.QuoteMeta(prefix)} }

func entriesAsked(q audit.Query) bson.D {
	d := bson.D{}
	for name, value := range map[string]string{
		"type": q.Type, "showtime_id": string(q.Showtime), "user_id": string(q.User), "booking_id": string(q.Booking),
	} {
		if value != "" {
			d = append(d, bson.E{Key: name, Value: value})
		}
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		d = append(d, bson.E{Key: "at", Value: between(millis(q.From), millis(q.To))})
	}
	return d
}

func showsAsked(q catalog.ShowtimeQuery) bson.D {
	d := bson.D{}
	for name, value := range map[string]string{
		"cinema_id": string(q.Cinema), "movie_id": string(q.Movie), "business_date": q.BusinessDate,
	} {
		if value != "" {
			d = append(d, bson.E{Key: name, Value: value})
		}
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		d = append(d, bson.E{Key: "starts_at", Value: between(millis(q.From), millis(q.To))})
	}
	if q.After == (catalog.Place{}) {
		return d
	}
	at := millis(q.After.StartsAt)
	return field("$and", bson.A{d, field("$or", bson.A{
		field("starts_at", field("$gt", at)),
		bson.D{{Key: "starts_at", Value: at}, {Key: "_id", Value: field("$gt", string(q.After.ID))}},
	})})
}

// hallBusy are the shows that have a hall at some moment between two instants, those being written aside.
func hallBusy(hall ident.Auditorium, from, to time.Time, written []ident.Showtime) bson.D {
	return bson.D{
		{Key: "auditorium_id", Value: string(hall)},
		{Key: "status", Value: string(catalog.Scheduled)},
		{Key: "starts_at", Value: field("$lt", millis(to))},
		{Key: "clears_at", Value: field("$gt", millis(from))},
		{Key: "_id", Value: field("$nin", convert(written, func(id ident.Showtime) string { return string(id) }))},
	}
}
