import type { Movie } from '@/shared/api'
import { formatRuntime } from '@/shared/lib/formatTime'

/** Age label of a film; "All" reads as a sentence of its own. */
export function ageLabel(movie: Movie): string {
  const { code } = movie.rating
  return code === 'All' ? 'All ages' : code
}

/** Age, length and genre on one line. */
export function filmFacts(movie: Movie): string {
  const parts = [ageLabel(movie), formatRuntime(movie.runtime_minutes), ...movie.genres.slice(0, 1)]
  return parts.filter(Boolean).join(' · ')
}
