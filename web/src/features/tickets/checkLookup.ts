export interface LookupErrors {
  reference?: string
  email?: string
}

/** Checks the two fields of "Find my booking"; `body` is missing while something is wrong. */
export function checkLookup(reference: string, email: string) {
  const errors: LookupErrors = {}
  const name = reference.trim().toUpperCase()
  const address = email.trim()
  if (name === '') errors.reference = 'Please enter the reference of your booking.'
  if (address === '') errors.email = 'Please enter the e-mail you booked with.'
  else if (!/^[^\s@]+@[^\s@]+$/.test(address)) {
    errors.email = 'An e-mail looks like name@example.com.'
  }
  const complete = errors.reference === undefined && errors.email === undefined
  return { errors, body: complete ? { reference: name, email: address } : undefined }
}
