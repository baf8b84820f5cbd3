package demo

import (
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// Age labels are neutral: no board's mark is shipped.
func rating(age int) catalog.Rating {
	switch age {
	case 8:
		return catalog.Rating{Code: "8+", MinAge: 8, Notice: "Best from age 8. Younger children are welcome with an adult."}
	case 12:
		return catalog.Rating{Code: "12+", MinAge: 12, Notice: "Children under 12 need an adult with them."}
	case 15:
		return catalog.Rating{Code: "15+", MinAge: 15, Tick: true, Notice: "Nobody under 15 is admitted. We may ask for proof of age at the door."}
	case 18:
		return catalog.Rating{Code: "18+", MinAge: 18, Tick: true, Notice: "Nobody under 18 is admitted. Bring proof of age: we ask for it at the door."}
	default:
		return catalog.Rating{Code: "All"}
	}
}

// films are invented, with the picture each poster is drawn from.
func films() []catalog.Movie {
	all := append(headliners(), discoveries()...)
	for i := range all {
		all[i].ID = ident.Movie("mov_demo_" + all[i].Slug)
		if all[i].Language == "" {
			all[i].Language = "en"
		}
	}
	return all
}

func headliners() []catalog.Movie {
	return []catalog.Movie{
		{
			Slug: "a-quiet-orbit-for-two", Title: "A Quiet Orbit for Two", Tagline: "Nobody radios home",
			Synopsis: "Two surveyors share a station built for six and a silence built for none. When the supply ship does not come, they begin " +
				"to send each other the letters they had been writing to other people.",
			Runtime: 118 * time.Minute, Genres: []string{"Science fiction", "Romance"}, Rating: rating(12), Motif: "orbit", Hue: 265,
		},
		{
			Slug: "salt-and-paper-lanterns", Title: "Salt and Paper Lanterns", Tagline: "The harbour remembers",
			Synopsis: "Every August a fishing town sets a lantern afloat for each boat that did not come back. This year there is one lantern " +
				"too many, and everyone on the quay knows whose handwriting is on it.",
			Runtime: 104 * time.Minute, Genres: []string{"Drama"}, Rating: rating(8), Motif: "tide", Hue: 215, Language: "pt",
		},
		{
			Slug: "the-tigers-of-marrow-street", Title: "The Tigers of Marrow Street", Tagline: "Eleven floors. One lift.",
			Synopsis: "The night porter of a condemned tower has one shift left and nine tenants who refuse to leave. Then the lift stops " +
				"between floors with somebody in it, and the lights begin to go out from the top.",
			Runtime: 116 * time.Minute, Genres: []string{"Thriller"}, Rating: rating(15), Motif: "windows", Hue: 295,
		},
		{
			Slug: "nine-minutes-to-dusk", Title: "Nine Minutes to Dusk", Tagline: "Ride before the light goes",
			Synopsis: "A mail rider with a forged name has until sunset to cross three valleys and reach the one judge who never met her. " +
				"The man whose name it was is an hour behind.",
			Runtime: 97 * time.Minute, Genres: []string{"Western", "Adventure"}, Rating: rating(12), Motif: "ridges", Hue: 35,
		},
		{
			Slug: "the-understudys-moon", Title: "The Understudy's Moon", Tagline: "Every night, somebody else's name",
			Synopsis: "For eleven years she has known every line of a part she never played. On the last night of the run the star is missing, " +
				"the house is full, and the stage manager is looking at her.",
			Runtime: 109 * time.Minute, Genres: []string{"Drama", "Music"}, Rating: rating(0), Motif: "curtain", Hue: 205,
		},
		{
			Slug: "copper-weather", Title: "Copper Weather", Tagline: "It rained for a month, then it rained metal",
			Synopsis: "A meteorologist sent to close a rural weather station finds forty years of records kept by hand, every one of them right, " +
				"and a forecast for the coming Thursday that cannot be.",
			Runtime: 112 * time.Minute, Genres: []string{"Mystery"}, Rating: rating(12), Motif: "rain", Hue: 175,
		},
	}
}

func discoveries() []catalog.Movie {
	return []catalog.Movie{
		{
			Slug: "kites-above-bexholm", Title: "Kites Above Bexholm", Tagline: "Hold on to something that pulls",
			Synopsis: "Three cousins, one attic, a summer without a sea. They build a kite that is far too big for the island, and the wind, " +
				"which has been waiting for one, takes an interest.",
			Runtime: 91 * time.Minute, Genres: []string{"Family", "Animation"}, Rating: rating(0), Motif: "kites", Hue: 145,
		},
		{
			Slug: "stairwell-season", Title: "Stairwell Season", Tagline: "They only ever meet between floors",
			Synopsis: "He walks up as she walks down, every morning, for a year. A comedy in fifty-two conversations, none of which is longer " +
				"than one flight of stairs.",
			Runtime: 95 * time.Minute, Genres: []string{"Comedy", "Romance"}, Rating: rating(8), Motif: "stairs", Hue: 335,
		},
		{
			Slug: "the-lamplighters-arithmetic", Title: "The Lamplighter's Arithmetic", Tagline: "Count what is left in the dark",
			Synopsis: "The last lamplighter of a city going electric is asked to train the clerk who will abolish him. He agrees on one condition: " +
				"they do it at night, on foot, and the clerk does the counting.",
			Runtime: 121 * time.Minute, Genres: []string{"Period drama"}, Rating: rating(8), Motif: "lamps", Hue: 85,
		},
		{
			Slug: "harbour-of-small-engines", Title: "Harbour of Small Engines", Tagline: "Everything here was mended twice",
			Synopsis: "A retired ship's engineer opens a repair shop for things nobody else will mend. A boy brings her a boat with no engine, and " +
				"an engine with no boat, and will not say which of them he wants back.",
			Runtime: 101 * time.Minute, Genres: []string{"Family", "Drama"}, Rating: rating(0), Motif: "boats", Hue: 240,
		},
		{
			Slug: "tuesday-has-teeth", Title: "Tuesday Has Teeth", Tagline: "You will get through Monday",
			Synopsis: "Everybody in the village agrees not to speak of the day between Monday and Wednesday. The new teacher, who has a timetable to " +
				"write, asks.",
			Runtime: 93 * time.Minute, Genres: []string{"Horror"}, Rating: rating(18), Motif: "teeth", Hue: 20,
		},
		{
			Slug: "borrowed-winter", Title: "Borrowed Winter", Tagline: "It was always going to be asked for back",
			Synopsis: "In a country that has not had snow for thirty years, a hotel keeper receives a crate of it with a return address. " +
				"A slow, bright thriller about what is owed.",
			Runtime: 114 * time.Minute, Genres: []string{"Thriller", "Drama"}, Rating: rating(15), Motif: "snow", Hue: 250,
		},
	}
}
