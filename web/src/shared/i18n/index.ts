export { joinNames, plural, type PluralForms } from './plural'
