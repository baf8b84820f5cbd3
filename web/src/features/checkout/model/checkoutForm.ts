/** What the customer fills in, and what is wrong with it. */
import { email, flatten, maxLength, nonEmpty, object, pipe, safeParse, string, trim } from 'valibot'

export interface CheckoutForm {
  name: string
  email: string
  card: string
  ageAccepted: boolean
}

/** Which parts are asked for on this page. */
export interface FormNeeds {
  /** A guest says who he is; an account is known. */
  contact: boolean
  /** The film is restricted. */
  age: boolean
  /** A test card is typed here; other providers bring their own field. */
  card: boolean
}

export type FormField = keyof CheckoutForm
export type FormErrors = Partial<Record<FormField, string>>

const contact = object({
  name: pipe(
    string(),
    trim(),
    nonEmpty('Please tell us your name.'),
    maxLength(100, 'That name is too long: at most 100 letters.'),
  ),
  email: pipe(
    string(),
    trim(),
    nonEmpty('Please tell us where to send the tickets.'),
    maxLength(254, 'That address is too long.'),
    email('That does not look like an e-mail address, such as ada@example.com.'),
  ),
})

/** The errors by field, empty when the form may be sent. */
export function formErrors(
  form: CheckoutForm,
  needs: FormNeeds,
  knownCard: (number: string) => boolean,
): FormErrors {
  const errors: FormErrors = needs.contact ? contactErrors(form) : {}
  if (needs.age && !form.ageAccepted) {
    errors.ageAccepted = 'Please confirm that everybody in your party is old enough.'
  }
  if (needs.card && !knownCard(form.card)) {
    errors.card =
      form.card.trim() === ''
        ? 'Please enter a card number.'
        : 'This cinema takes only the test cards shown below; no real card is charged.'
  }
  return errors
}

function contactErrors(form: CheckoutForm): FormErrors {
  const result = safeParse(contact, form)
  if (result.success) return {}
  const { name, email: address } = flatten<typeof contact>(result.issues).nested ?? {}
  return { ...(name ? { name: name[0] } : {}), ...(address ? { email: address[0] } : {}) }
}
