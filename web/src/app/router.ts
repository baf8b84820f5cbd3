import { nextTick } from 'vue'
import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router'
import { useSessionStore } from '@/features/auth'
import type { Role } from '@/shared/api'
import { setPageTitle } from '@/shared/lib/pageTitle'
import { clearPageFailure, failPage } from './errorHandler'

declare module 'vue-router' {
  interface RouteMeta {
    /** First part of the document's title until the page knows a better one. */
    title: string
    /** The role without which the page is refused. */
    role?: Role
    /** The page darkens the house: only the screen glows. */
    dim?: boolean
  }
}

const routes: RouteRecordRaw[] = [
  {
    path: '/',
    name: 'home',
    component: () => import('@/pages/HomePage.vue'),
    meta: { title: 'Now showing' },
  },
  {
    path: '/movies/:slug',
    name: 'film',
    component: () => import('@/pages/FilmPage.vue'),
    props: true,
    meta: { title: 'Film' },
  },
  {
    path: '/showtimes/:id/seats',
    name: 'seats',
    component: () => import('@/pages/SeatsPage.vue'),
    props: true,
    meta: { title: 'Choose your seats', dim: true },
  },
  {
    path: '/showtimes/:id/checkout',
    name: 'checkout',
    component: () => import('@/pages/CheckoutPage.vue'),
    props: true,
    meta: { title: 'Checkout' },
  },
  {
    path: '/bank/:reference',
    name: 'bank',
    component: () => import('@/pages/BankPage.vue'),
    props: true,
    meta: { title: 'Approve the payment' },
  },
  {
    path: '/tickets',
    name: 'tickets',
    component: () => import('@/pages/TicketsPage.vue'),
    meta: { title: 'My tickets' },
  },
  {
    path: '/tickets/:bookingId',
    name: 'booking',
    component: () => import('@/pages/BookingPage.vue'),
    props: true,
    meta: { title: 'Your booking' },
  },
  {
    path: '/signin',
    name: 'signin',
    component: () => import('@/pages/SignInPage.vue'),
    meta: { title: 'Sign in' },
  },
  {
    path: '/account',
    name: 'account',
    component: () => import('@/pages/AccountPage.vue'),
    meta: { title: 'Your account' },
  },
  {
    path: '/authorize',
    name: 'authorize',
    component: () => import('@/pages/AuthorizePage.vue'),
    meta: { title: 'Allow a program' },
  },
  {
    path: '/staff',
    name: 'staff',
    component: () => import('@/pages/staff/StaffOverviewPage.vue'),
    meta: { title: 'Tonight', role: 'MANAGER' },
  },
  {
    path: '/staff/people',
    name: 'people',
    component: () => import('@/pages/staff/PeoplePage.vue'),
    meta: { title: 'People', role: 'ADMIN' },
  },
  {
    path: '/staff/people/:id',
    name: 'person',
    component: () => import('@/pages/staff/PersonPage.vue'),
    props: true,
    meta: { title: 'Person', role: 'ADMIN' },
  },
  {
    path: '/staff/audit',
    name: 'audit',
    component: () => import('@/pages/staff/AuditPage.vue'),
    meta: { title: 'The record', role: 'ADMIN' },
  },
  {
    path: '/forbidden',
    name: 'forbidden',
    component: () => import('@/pages/ForbiddenPage.vue'),
    meta: { title: 'Not for this account' },
  },
  {
    path: '/:path(.*)*',
    name: 'missing',
    component: () => import('@/pages/NotFoundPage.vue'),
    meta: { title: 'Page not found' },
  },
]

/** Makes the router with its title, focus and role rules. */
export function createCinemaRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is still experimental
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? {} : { top: 0 }),
  })
  router.beforeEach(async (to) => {
    const { role } = to.meta
    if (!role) return true
    const session = useSessionStore()
    await session.restore()
    if (session.has(role)) return true
    if (session.account) return { name: 'forbidden', query: { from: to.fullPath }, replace: true }
    return { name: 'signin', query: { return_to: to.fullPath } }
  })
  router.afterEach(async (to, from, failure) => {
    if (failure) return
    clearPageFailure()
    if (to.path === from.path && from.matched.length > 0) return
    setPageTitle(to.meta.title)
    // The first page keeps the browser's own focus; later ones start at their heading.
    if (from.matched.length > 0) {
      await nextTick()
      focusHeading()
    }
  })
  router.onError(failPage)
  return router
}

/** Moves focus to the page's heading, or to its main region while the heading is still loading. */
function focusHeading() {
  const target = document.querySelector<HTMLElement>('main h1') ?? document.querySelector('main')
  if (!(target instanceof HTMLElement)) return
  target.tabIndex = -1
  target.focus({ preventScroll: true })
}
