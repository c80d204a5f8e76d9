//! Writes C structures field by field: offsets follow from the sizes before them.

/// A structure being written, little-endian. Gaps hold the bytes `PAGE`, as Windows' dump headers do.
#[derive(Default)]
pub(super) struct StructWriter {
    bytes: Vec<u8>,
    pointer_bytes: usize,
}

impl StructWriter {
    /// A structure with pointers of `pointer_bytes` bytes.
    pub fn new(pointer_bytes: usize) -> Self {
        Self { bytes: Vec::new(), pointer_bytes }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.align(2).bytes(&value.to_le_bytes())
    }

    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.align(4).bytes(&value.to_le_bytes())
    }

    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.align(8).bytes(&value.to_le_bytes())
    }

    /// A pointer, or anything else of its size.
    pub fn pointer(&mut self, value: u64) -> &mut Self {
        match self.pointer_bytes {
            4 => self.u32(u32::try_from(value).expect("fits in 32 bits")),
            _ => self.u64(value),
        }
    }

    /// `field`, followed by filler up to `size` bytes.
    pub fn padded(&mut self, field: &[u8], size: usize) -> &mut Self {
        assert!(field.len() <= size, "{} bytes don't fit in {size}", field.len());
        let end = self.len() + size;
        self.bytes(field).fill_to(end)
    }

    /// `count` bytes of filler.
    pub fn gap(&mut self, count: usize) -> &mut Self {
        self.fill_to(self.len() + count)
    }

    pub fn align(&mut self, to: usize) -> &mut Self {
        self.fill_to(self.len().next_multiple_of(to))
    }

    /// Filler up to offset `end`.
    pub fn fill_to(&mut self, end: usize) -> &mut Self {
        let filler = (self.len()..end).map(|at| b"PAGE"[at % 4]);
        self.bytes.extend(filler);
        self
    }

    /// Zeroes up to a multiple of `to`.
    pub fn zero_align(&mut self, to: usize) -> &mut Self {
        self.bytes.resize(self.len().next_multiple_of(to), 0);
        self
    }

    /// Overwrites the 4-byte field at `offset`, whose value is known only now.
    pub fn patch_u32(&mut self, offset: usize, value: usize) {
        let value = u32::try_from(value).expect("fits in 32 bits");
        self.bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    }
}
