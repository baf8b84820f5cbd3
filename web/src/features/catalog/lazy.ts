// A house with one site never needs it.
export { default as CinemaSwitcher } from './CinemaSwitcher.vue'
