package holdredis

// Texts are the scripts as Redis gets them, for what measures and parses them.
var Texts = texts
