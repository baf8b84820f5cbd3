import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { expect, it } from 'vitest'
import BaseDialog from './BaseDialog.vue'

const text = { title: 'Give up?', description: 'They go back on sale.' }

it('opens as a named modal and tells when it was closed', () => {
  const view = render(BaseDialog, { props: { ...text, open: true } })
  const dialog = screen.getByRole<HTMLDialogElement>('dialog', { name: 'Give up?' })
  expect(dialog.open).toBe(true)
  expect(dialog).toHaveAccessibleDescription('They go back on sale.')
  dialog.close()
  expect(view.emitted('update:open')).toEqual([[false]])
})

it('closes on a press beside it, unless it asks for an answer', async () => {
  const plain = render(BaseDialog, { props: { ...text, open: true } })
  await userEvent.click(screen.getByRole('dialog'))
  expect(plain.emitted('update:open')).toEqual([[false]])
  plain.unmount()
  const alert = render(BaseDialog, { props: { ...text, open: true, alert: true } })
  await userEvent.click(screen.getByRole('alertdialog'))
  expect(alert.emitted('update:open')).toBeUndefined()
})
