package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// programme is one site with two halls, two films and one show.
func programme() catalog.Programme {
	return catalog.Programme{
		Cinemas: []catalog.Cinema{{
			ID: "ci_1", Slug: "lumen", Name: "Lumen", Address: "1 Quay", Zone: "Europe/London", Currency: "GBP", DayCut: 6 * time.Hour,
			Policy: catalog.Policy{Orphan: catalog.OrphanStrict},
		}},
		Auditoriums: []catalog.Auditorium{
			{ID: "au_1", Cinema: "ci_1", Name: "One", Attributes: []string{"Laser", "Large screen"}, Accessibility: "Step-free.", Turnaround: 15 * time.Minute},
			{ID: "au_2", Cinema: "ci_1", Name: "Two", Turnaround: 20 * time.Minute},
		},
		Layouts: []*catalog.Layout{plan("ly_1", "au_1"), plan("ly_2", "au_2")},
		Movies: []catalog.Movie{
			{
				ID: "mv_1", Slug: "low-tide", Title: "Low Tide", Tagline: "It comes back.", Synopsis: "A story.", Runtime: 101 * time.Minute, Genres: []string{"Drama"},
				Rating: catalog.Rating{Code: "15+", MinAge: 15, Notice: "15 and over", Tick: true}, Motif: "tide", Hue: 210, Language: "en", Tags: []string{"New"},
			},
			{ID: "mv_2", Slug: "a-kite", Title: "A Kite", Runtime: 90 * time.Minute, Rating: catalog.Rating{Code: "All"}, Language: "fr"},
		},
		PriceCards: []catalog.PriceCard{{
			ID: "pc_1", Name: "Standard", Currency: "GBP",
			Types:  []catalog.TicketType{{ID: "adult", Name: "Adult", Default: true}, {ID: "companion", Name: "Companion", Proof: true, Kinds: []catalog.SeatKind{catalog.Companion}}},
			Prices: []catalog.Price{{Category: "standard", TicketType: "adult", Amount: money.Of(1250, "GBP"), Includes: parts()}},
		}},
		Showtimes: []catalog.Showtime{screening("st_1", "au_1", "mv_1", start)},
		Blocks:    []catalog.Block{{Showtime: "st_1", Seat: "A2", Reason: "broken"}},
	}
}

func plan(id ident.Layout, hall ident.Auditorium) *catalog.Layout {
	return &catalog.Layout{
		ID: id, Auditorium: hall, Version: 1, Width: 10.5, Height: 4, ScreenX: 1.1, ScreenWidth: 0.1 + 0.2,
		Rows: []catalog.Row{{
			Label: "A", Gaps: []int{1},
			Seats: []catalog.Seat{
				{ID: "A1", Row: "A", Number: 1, X: 1, Y: 1.0 / 3, Kind: catalog.Wheelchair, Category: "standard"},
				{ID: "A2", Row: "A", Number: 2, X: 3, Y: 1.0 / 3, Kind: catalog.Companion, Category: "standard", Pair: "A1", Blocked: true},
			},
		}},
		Features: []catalog.Feature{{Kind: "door", X: 1, Y: 2, W: 0.5, H: 0.25}},
	}
}

// screening is two hours of film and clears its hall 15 minutes later.
func screening(id ident.Showtime, hall ident.Auditorium, movie ident.Movie, at time.Time) catalog.Showtime {
	layout := ident.Layout("ly_1")
	if hall == "au_2" {
		layout = "ly_2"
	}
	return catalog.Showtime{
		ID: id, Cinema: "ci_1", Auditorium: hall, Layout: layout, Movie: movie, StartsAt: at, EndsAt: at.Add(2 * time.Hour),
		ClearsAt: at.Add(135 * time.Minute), BusinessDate: at.Add(-6 * time.Hour).Format(time.DateOnly), Formats: []string{"Laser"}, Language: "en",
		Subtitles: "fr", Tags: []string{"Relaxed"}, OnSaleAt: start.Add(-time.Hour), SalesCloseAt: at.Add(15 * time.Minute), PriceCard: "pc_1",
		Status: catalog.Scheduled, MaxSeats: 4,
	}
}

// planned saves the programme.
func (b *bench) planned(t *testing.T) catalog.Programme {
	t.Helper()
	p := programme()
	require.NoError(t, b.SaveProgramme(t.Context(), p))
	return p
}

func (b *bench) saveShows(t *testing.T, shows ...catalog.Showtime) error {
	t.Helper()
	return b.SaveProgramme(t.Context(), catalog.Programme{Showtimes: shows})
}

var catalogueCases = map[string]func(t *testing.T, b *bench){
	"everything_comes_back_as_it_was": func(t *testing.T, b *bench) {
		p := b.planned(t)
		ctx := t.Context()
		cinemas, err := b.Cinemas(ctx)
		require.NoError(t, err)
		require.Equal(t, p.Cinemas, cinemas)
		cinema, err := b.Cinema(ctx, "ci_1")
		require.NoError(t, err)
		require.Equal(t, p.Cinemas[0], cinema)
		halls, err := b.Auditoriums(ctx, "ci_1")
		require.NoError(t, err)
		require.Equal(t, p.Auditoriums, halls)
		hall, err := b.Auditorium(ctx, "au_2")
		require.NoError(t, err)
		require.Equal(t, p.Auditoriums[1], hall)
		layout, err := b.Layout(ctx, "ly_1")
		require.NoError(t, err)
		require.True(t, p.Layouts[0].Equal(layout), "to the last digit")
		movies, err := b.Movies(ctx)
		require.NoError(t, err)
		require.ElementsMatch(t, p.Movies, movies)
		card, err := b.PriceCard(ctx, "pc_1")
		require.NoError(t, err)
		require.Equal(t, p.PriceCards[0], card)
		st, err := b.Showtime(ctx, "st_1")
		require.NoError(t, err)
		require.Equal(t, p.Showtimes[0], st)
		blocks, err := b.Blocks(ctx, "st_1")
		require.NoError(t, err)
		require.Equal(t, p.Blocks, blocks)
	},
	"a_film_by_id_or_by_slug": func(t *testing.T, b *bench) {
		p := b.planned(t)
		for _, key := range []string{"mv_1", "low-tide"} {
			m, err := b.Movie(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, p.Movies[0], m)
		}
	},
	"missing_rows_are_not_found": func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, err := b.Cinema(ctx, "x")
		isFault(t, err, fault.NotFound, "cinema_not_found")
		_, err = b.Auditorium(ctx, "x")
		isFault(t, err, fault.NotFound, "auditorium_not_found")
		_, err = b.Layout(ctx, "x")
		isFault(t, err, fault.NotFound, "layout_not_found")
		_, err = b.Movie(ctx, "x")
		isFault(t, err, fault.NotFound, "movie_not_found")
		_, err = b.Showtime(ctx, "x")
		isFault(t, err, fault.NotFound, "showtime_not_found")
		_, err = b.PriceCard(ctx, "x")
		isFault(t, err, fault.NotFound, "price_card_not_found")
		blocks, err := b.Blocks(ctx, "x")
		require.NoError(t, err)
		require.Empty(t, blocks)
	},
	"a_published_layout_is_immutable": func(t *testing.T, b *bench) {
		b.planned(t)
		require.NoError(t, b.SaveProgramme(t.Context(), programme()), "the same again is no change")
		changed := programme()
		changed.Layouts[0].Rows[0].Seats[0].X += 0.0001
		changed.Movies[0].Title = "Changed"
		isFault(t, b.SaveProgramme(t.Context(), changed), fault.Conflict, "layout_published")
		m, err := b.Movie(t.Context(), "mv_1")
		require.NoError(t, err)
		require.Equal(t, "Low Tide", m.Title, "nothing of the act is written")
	},
	"the_rest_can_be_changed": func(t *testing.T, b *bench) {
		p := b.planned(t)
		p.Movies[0].Title, p.Showtimes[0].Status, p.Blocks[0].Reason = "High Tide", catalog.Cancelled, "press"
		require.NoError(t, b.SaveProgramme(t.Context(), p))
		m, err := b.Movie(t.Context(), "mv_1")
		require.NoError(t, err)
		require.Equal(t, p.Movies[0], m)
		st, err := b.Showtime(t.Context(), "st_1")
		require.NoError(t, err)
		require.Equal(t, catalog.Cancelled, st.Status)
		blocks, err := b.Blocks(t.Context(), "st_1")
		require.NoError(t, err)
		require.Equal(t, p.Blocks, blocks)
	},
	"overlapping_shows_of_a_hall_are_refused": func(t *testing.T, b *bench) {
		b.planned(t) // st_1 has the hall from start to start + 2:15
		for name, at := range map[string]time.Time{
			"same hour": start, "in the middle": start.Add(time.Hour), "during the cleaning": start.Add(134 * time.Minute), "ends inside": start.Add(-134 * time.Minute),
		} {
			err := b.saveShows(t, screening("st_2", "au_1", "mv_2", at))
			isFault(t, err, fault.Conflict, "hall_conflict")
			_, err = b.Showtime(t.Context(), "st_2")
			isFault(t, err, fault.NotFound, "showtime_not_found")
			_ = name
		}
		require.NoError(t, b.saveShows(t, screening("st_after", "au_1", "mv_2", start.Add(135*time.Minute))), "the hall is free again at that instant")
		require.NoError(t, b.saveShows(t, screening("st_before", "au_1", "mv_2", start.Add(-135*time.Minute))))
		require.NoError(t, b.saveShows(t, screening("st_beside", "au_2", "mv_2", start)), "another hall")
	},
	"a_show_across_all_others_is_refused": func(t *testing.T, b *bench) {
		b.planned(t)
		require.NoError(t, b.saveShows(t, screening("st_2", "au_1", "mv_1", start.Add(4*time.Hour))))
		long := screening("st_0", "au_1", "mv_2", start.Add(-time.Hour))
		long.EndsAt, long.ClearsAt = start.Add(23*time.Hour), start.Add(24*time.Hour)
		isFault(t, b.saveShows(t, long), fault.Conflict, "hall_conflict")
	},
	"a_cancelled_show_leaves_the_hall": func(t *testing.T, b *bench) {
		p := b.planned(t)
		p.Showtimes[0].Status = catalog.Cancelled
		require.NoError(t, b.saveShows(t, p.Showtimes[0]))
		require.NoError(t, b.saveShows(t, screening("st_2", "au_1", "mv_2", start)))
		p.Showtimes[0].Status = catalog.Scheduled
		isFault(t, b.saveShows(t, p.Showtimes[0]), fault.Conflict, "hall_conflict")
	},
	"a_show_can_move_over_its_own_place": func(t *testing.T, b *bench) {
		b.planned(t)
		require.NoError(t, b.saveShows(t, screening("st_1", "au_1", "mv_1", start.Add(30*time.Minute))))
	},
	"two_shows_of_one_act_may_not_overlap": func(t *testing.T, b *bench) {
		b.planned(t)
		at := start.Add(24 * time.Hour)
		err := b.saveShows(t, screening("st_2", "au_1", "mv_1", at), screening("st_3", "au_2", "mv_1", at), screening("st_4", "au_1", "mv_2", at.Add(time.Hour)))
		isFault(t, err, fault.Conflict, "hall_conflict")
		for _, id := range []ident.Showtime{"st_2", "st_3", "st_4"} {
			_, err := b.Showtime(t.Context(), id)
			isFault(t, err, fault.NotFound, "showtime_not_found")
		}
	},
	"two_shows_of_one_act_may_swap": func(t *testing.T, b *bench) {
		b.planned(t)
		require.NoError(t, b.saveShows(t, screening("st_2", "au_1", "mv_2", start.Add(3*time.Hour))))
		require.NoError(t, b.saveShows(t, screening("st_1", "au_1", "mv_1", start.Add(3*time.Hour)), screening("st_2", "au_1", "mv_2", start)))
	},
	"names_of_nothing_are_refused": func(t *testing.T, b *bench) {
		b.planned(t)
		st := screening("st_2", "au_1", "mv_none", start.Add(24*time.Hour))
		require.Equal(t, fault.Invalid, fault.KindOf(b.saveShows(t, st)))
		require.Equal(t, fault.Invalid, fault.KindOf(b.SaveProgramme(t.Context(), catalog.Programme{Blocks: []catalog.Block{{Showtime: "st_none", Seat: "A1"}}})))
		st = screening("st_2", "au_1", "mv_1", start.Add(24*time.Hour))
		st.ClearsAt = st.StartsAt
		require.Equal(t, fault.Invalid, fault.KindOf(b.saveShows(t, st)))
	},
	"a_slug_belongs_to_one_film": func(t *testing.T, b *bench) {
		b.planned(t)
		err := b.SaveProgramme(t.Context(), catalog.Programme{Movies: []catalog.Movie{{ID: "mv_9", Slug: "low-tide", Title: "Other"}}})
		require.Equal(t, fault.Conflict, fault.KindOf(err))
	},
	"shows_by_business_day_film_and_time": showsByFilter,
	"shows_page_by_place": func(t *testing.T, b *bench) {
		b.planned(t)
		var shows []catalog.Showtime
		for i := range 9 {
			hall := ident.Auditorium(fmt.Sprintf("au_%d", i%2+1)) // two at each instant
			shows = append(shows, screening(ident.Showtime(fmt.Sprintf("st_p%d", i)), hall, "mv_1", start.Add(time.Duration(24+3*(i/2))*time.Hour)))
		}
		require.NoError(t, b.saveShows(t, shows...))
		all, err := b.Showtimes(t.Context(), catalog.ShowtimeQuery{From: start.Add(time.Hour)})
		require.NoError(t, err)
		require.Equal(t, shows, all)
		var walked []catalog.Showtime
		q := catalog.ShowtimeQuery{From: start.Add(time.Hour), Limit: 4}
		for {
			got, err := b.Showtimes(t.Context(), q)
			require.NoError(t, err)
			if len(got) == 0 {
				break
			}
			walked = append(walked, got...)
			q.After = catalog.Place{StartsAt: got[len(got)-1].StartsAt, ID: got[len(got)-1].ID}
		}
		require.Equal(t, all, walked)
	},
}

func showsByFilter(t *testing.T, b *bench) {
	b.planned(t)
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	// The night in which the clocks go back: 00:30 on Sunday belongs to Saturday's programme.
	late := screening("st_late", "au_1", "mv_2", time.Date(2026, 10, 25, 0, 30, 0, 0, london))
	late.BusinessDate = "2026-10-24"
	next := screening("st_next", "au_1", "mv_2", time.Date(2026, 10, 25, 14, 0, 0, 0, london))
	next.BusinessDate = "2026-10-25"
	for _, st := range []*catalog.Showtime{&late, &next} {
		st.StartsAt, st.EndsAt, st.ClearsAt, st.SalesCloseAt = st.StartsAt.UTC(), st.EndsAt.UTC(), st.ClearsAt.UTC(), st.SalesCloseAt.UTC()
	}
	require.NoError(t, b.saveShows(t, late, next))
	for _, c := range []struct {
		q    catalog.ShowtimeQuery
		want []ident.Showtime
	}{
		{catalog.ShowtimeQuery{}, []ident.Showtime{"st_1", "st_late", "st_next"}},
		{catalog.ShowtimeQuery{BusinessDate: "2026-10-24"}, []ident.Showtime{"st_1", "st_late"}},
		{catalog.ShowtimeQuery{Cinema: "ci_1", BusinessDate: "2026-10-25"}, []ident.Showtime{"st_next"}},
		{catalog.ShowtimeQuery{Cinema: "ci_2"}, nil},
		{catalog.ShowtimeQuery{Movie: "mv_2"}, []ident.Showtime{"st_late", "st_next"}},
		{catalog.ShowtimeQuery{From: late.StartsAt, To: next.StartsAt}, []ident.Showtime{"st_late"}},
		{catalog.ShowtimeQuery{Limit: 1}, []ident.Showtime{"st_1"}},
	} {
		got, err := b.Showtimes(t.Context(), c.q)
		require.NoError(t, err)
		var ids []ident.Showtime
		for _, st := range got {
			ids = append(ids, st.ID)
		}
		require.Equal(t, c.want, ids, "%+v", c.q)
	}
	got, err := b.Showtime(t.Context(), "st_late")
	require.NoError(t, err)
	require.Equal(t, late, got)
}
