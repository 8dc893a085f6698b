//! Lets the conformance kit drive a virtio-mem device in Rust: frames in, frames out
//! (docs/conformance.md).
//!
//!     adapter::serve(&mut device, &mut io::stdin().lock(), &mut io::stdout().lock())
//!
//! A `UnixStream` is a reader and a writer as well.

use std::io::{self, Read, Write};

/// A device as the kit drives it. What has a default is not supported unless you write it.
pub trait Device {
    /// A new device; `false`: not with this geometry.
    fn create(&mut self, addr: u64, region_size: u64, block_size: u64) -> bool;
    /// A request in readable descriptors, with `writable` bytes for the response; `None`: no answer.
    fn handle(&mut self, readable: &[&[u8]], writable: u32) -> Option<Vec<u8>>;
    fn read_config(&mut self, offset: u32, size: u32) -> Vec<u8>;
    fn write_config(&mut self, offset: u32, bytes: &[u8]);
    /// `false`: refused.
    fn set_requested_size(&mut self, size: u64) -> bool;
    fn system_reset(&mut self);
    fn device_reset(&mut self);
    /// `false`: not supported.
    fn migrate(&mut self, _on: bool) -> bool {
        false
    }
    /// A state that `restore` takes; `None`: not supported.
    fn snapshot(&mut self) -> Option<Vec<u8>> {
        None
    }
    fn restore(&mut self, _state: &[u8]) -> bool {
        false
    }
}

const DONE: u8 = 0;
const REFUSED: u8 = 1;
const UNABLE: u8 = 2;
const MAX_PAYLOAD: u32 = 1 << 20;

/// Answers frames until the input ends.
pub fn serve(
    device: &mut dyn Device,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut head = [0; 5];
    loop {
        match input.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let length = u32_at(&head, 1);
        if length > MAX_PAYLOAD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame that is too long"));
        }
        let mut payload = vec![0; length as usize];
        input.read_exact(&mut payload)?;
        let (status, bytes) = answer(device, head[0], &payload);
        output.write_all(&[status])?;
        output.write_all(&(bytes.len() as u32).to_le_bytes())?;
        output.write_all(&bytes)?;
        output.flush()?;
    }
}

fn answer(device: &mut dyn Device, op: u8, payload: &[u8]) -> (u8, Vec<u8>) {
    let least = [usize::MAX, 4, 8, 4, 8, 0, 0, 24, 1, 0, 0, 4];
    if payload.len() < *least.get(op as usize).unwrap_or(&usize::MAX) {
        return (UNABLE, vec![]);
    }
    let refused_unless = |done: bool| (if done { DONE } else { REFUSED }, vec![]);
    match op {
        1 => handled(device.handle(&[&payload[4..]], u32_at(payload, 0))),
        2 => {
            let size = u32_at(payload, 4).min(MAX_PAYLOAD);
            (DONE, device.read_config(u32_at(payload, 0), size))
        }
        3 => {
            device.write_config(u32_at(payload, 0), &payload[4..]);
            (DONE, vec![])
        }
        4 => refused_unless(device.set_requested_size(u64_at(payload, 0))),
        5 => {
            device.system_reset();
            (DONE, vec![])
        }
        6 => {
            device.device_reset();
            (DONE, vec![])
        }
        7 => {
            let [addr, region, block] = [0, 8, 16].map(|at| u64_at(payload, at));
            refused_unless(device.create(addr, region, block))
        }
        8 if device.migrate(payload[0] != 0) => (DONE, vec![]),
        9 => device.snapshot().map_or((UNABLE, vec![]), |state| (DONE, state)),
        10 => refused_unless(device.restore(payload)),
        11 => match descriptors(&payload[4..]) {
            Some(readable) => handled(device.handle(&readable, u32_at(payload, 0))),
            None => (UNABLE, vec![]),
        },
        _ => (UNABLE, vec![]),
    }
}

fn handled(response: Option<Vec<u8>>) -> (u8, Vec<u8>) {
    response.map_or((REFUSED, vec![]), |bytes| (DONE, bytes))
}

/// Readable descriptors, each with its length before it.
fn descriptors(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = vec![];
    while !bytes.is_empty() {
        let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        parts.push(bytes.get(4..4 + length)?);
        bytes = &bytes[4 + length..];
    }
    Some(parts)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}
