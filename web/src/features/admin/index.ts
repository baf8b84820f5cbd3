export { default as HouseTonight } from './HouseTonight.vue'
export { default as BookingSearch } from './BookingSearch.vue'
export { default as AuditLatest } from './AuditLatest.vue'
