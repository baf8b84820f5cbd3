export { default as MyBookings } from './MyBookings.vue'
export { default as FindBooking } from './FindBooking.vue'
export { default as BookingView } from './BookingView.vue'
