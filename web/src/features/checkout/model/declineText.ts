/** Why a card was refused, as the customer should read it; the bank's own codes stay out of sight. */
const TEXTS: Readonly<Record<string, string>> = {
  insufficient_funds: 'There is not enough money on this card',
  expired_card: 'This card has expired',
  refused: 'You refused the payment at your bank',
  authentication_failed: 'The bank could not confirm that it is you',
}

export function declineText(reason: string): string {
  return TEXTS[reason] ?? 'The card was declined'
}
