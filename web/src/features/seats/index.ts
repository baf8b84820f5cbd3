export { useCurrentHold, type Hold } from './currentHold'
export { default as HoldChip } from './components/HoldChip.vue'
export { default as SeatsView } from './components/SeatsView.vue'
