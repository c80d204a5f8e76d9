//! Images, symbol files, types, and the way from names to addresses and back.
