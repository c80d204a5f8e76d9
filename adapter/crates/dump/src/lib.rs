//! Windows kernel crash dumps: files to physical or virtual memory, contexts and headers.
