import type { Movie } from '@/shared/api'

type Searchable = Pick<Movie, 'title' | 'tagline' | 'genres'>

/** Folds case and accents, so that "jose" finds "José". */
function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase()
}

/** Reports whether every word of the search is in the film's title, tagline or genres. */
export function matchesSearch(movie: Searchable, search: string): boolean {
  const text = fold([movie.title, movie.tagline, ...movie.genres].join(' '))
  return fold(search)
    .split(/\s+/)
    .every((word) => text.includes(word))
}
