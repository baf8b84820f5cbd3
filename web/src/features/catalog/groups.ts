import type { Movie, Showtime } from '@/shared/api'
import { byStart } from './saleText'

/** A film with its shows of one day. */
export interface FilmDay {
  movie: Movie
  shows: Showtime[]
}

/** The films that play, those that start soonest first; films without a show that day are left out. */
export function groupByFilm(movies: readonly Movie[], shows: readonly Showtime[]): FilmDay[] {
  const days = movies.map((movie) => ({
    movie,
    shows: shows.filter((show) => show.movie_id === movie.id).sort(byStart),
  }))
  return days.filter((day) => day.shows.length > 0).sort(byFirstShow)
}

function byFirstShow(a: FilmDay, b: FilmDay): number {
  return (a.shows[0]?.starts_at ?? '').localeCompare(b.shows[0]?.starts_at ?? '')
}

/** The shows of a film in one hall and format. */
export interface HallGroup {
  key: string
  hall: string
  tags: string[]
  shows: Showtime[]
}

/** Groups a day's shows by hall and format, the earliest group first. */
export function groupByHall(shows: readonly Showtime[]): HallGroup[] {
  const groups = new Map<string, HallGroup>()
  for (const show of [...shows].sort(byStart)) {
    const tags = tagsOf(show)
    const key = [show.auditorium.id, ...tags].join('|')
    const group = groups.get(key) ?? { key, hall: show.auditorium.name, tags, shows: [] }
    group.shows.push(show)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function tagsOf(show: Showtime): string[] {
  const subtitles = show.subtitles ? [`${languageName(show.subtitles)} subtitles`] : []
  return [...show.formats, ...show.tags, ...subtitles]
}

const languages = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' })

/** Name of a language by its code: "en" is English. */
export function languageName(code: string): string {
  try {
    return languages.of(code) ?? code
  } catch {
    return code
  }
}
