/** The booking that is given back, as the dialog names it. */
export interface RefundTarget {
  id: string
  reference: string
  customer: string
  total: string
}
