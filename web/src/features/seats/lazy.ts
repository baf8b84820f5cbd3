// What the shell loads after the page is there: the rest of the feature stays with its own page.
export { default as HoldChip } from './components/HoldChip.vue'
