// What the shell loads when it is needed: the rest of the feature stays with its own pages.
export { default as StepUpDialog } from './StepUpDialog.vue'
