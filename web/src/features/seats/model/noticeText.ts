/** The sentences of the notices: what happened, and what is safe. */
import { joinNames, plural } from '@/shared/i18n'
import type { Notice } from './notice'

const RULES: Readonly<Record<string, string>> = {
  couple: 'A love seat is sold as a pair.',
  companion:
    'A companion seat is kept for the people with a wheelchair user and goes with the space beside it.',
  orphan: 'This choice would leave a single seat alone, which nobody can sell.',
}

interface Said {
  title: string
  text: string
}

type Kinds = { [K in Notice['kind']]: (notice: Extract<Notice, { kind: K }>) => Said }

const TEXTS: Kinds = {
  unavailable: ({ seats, reasons }) => unavailableText(seats, reasons),
  rule: ({ rules }) => ({
    title: 'These seats go together',
    text: rules
      .map(({ rule }) => RULES[rule] ?? 'These seats cannot be chosen this way.')
      .join(' '),
  }),
  seat_limit: ({ max }) => ({
    title: `At most ${String(max)} seats`,
    text: 'More can be had at the box office. Give a seat back to choose another.',
  }),
  hold_limit: () => ({
    title: 'No more time can be added',
    text: 'Seats can only be held for so long. They stay yours until the clock ends.',
  }),
  gone: ({ why, seats }) => goneText(why, seats),
  bought: ({ seats }) => ({
    title: `${seatsText(seats)} ${seats.length === 1 ? 'is your ticket' : 'are your tickets'} now`,
    text: 'The purchase was finished in another window.',
  }),
  booking_open: () => ({
    title: 'A payment for these seats is still open',
    text: 'Finish it or give it up before changing the seats.',
  }),
  short: ({ wanted, found }) => ({
    title: `Only ${plural(found, { one: '# seat is', other: '# seats are' })} free side by side here`,
    text: `Choose ${String(wanted - found)} more elsewhere, or let us find seats together.`,
  }),
  none: ({ count }) => ({
    title: count === 1 ? 'No such seat is free' : `No ${String(count)} seats side by side are free`,
    text: 'Try a smaller party, another price, or choose single seats. What you hold is kept.',
  }),
  sale: ({ problem }) => ({ title: 'Not on sale now', text: problem.detail || problem.title }),
  failed: ({ problem }) => ({
    title: problem.title,
    text: problem.detail || 'Nothing was changed. Please try again.',
  }),
}

/** What is said about a notice; one or two sentences. */
export function noticeText(notice: Notice): Said {
  // The table has an entry for each kind that takes just that kind; the compiler cannot follow.
  const text = TEXTS[notice.kind] as (notice: Notice) => Said
  return text(notice)
}

/** "F7" or "F7 and F8". */
export function seatsText(seats: readonly string[]): string {
  return joinNames([...seats])
}

function unavailableText(
  seats: readonly string[],
  reasons: Readonly<Record<string, string>>,
): Said {
  const sold = seats.every((id) => reasons[id] === 'booked')
  const were = seats.length === 1 ? 'was' : 'were'
  const how = sold ? 'just sold' : 'just taken by someone else'
  return {
    title: `${seatsText(seats)} ${were} ${how}`,
    text: 'What else you chose is kept.',
  }
}

function goneText(why: 'expired' | 'lost', seats: readonly string[]): Said {
  const names = seatsText(seats)
  if (why === 'lost') {
    const text =
      'We had to restart and lost track of who held what. Nothing was charged; one press holds them again if they are still free.'
    return { title: `Your hold on ${names} was lost`, text }
  }
  return {
    title: `The time for ${names} is over`,
    text: 'The seats went back to the house. Nothing was charged; you can hold them again if they are still free.',
  }
}
