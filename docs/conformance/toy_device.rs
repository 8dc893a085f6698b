//! A virtio-mem device in a page of Rust, to try the conformance kit on and to start from.
//!
//!     rustc --edition 2021 -O toy_device.rs
//!     virtio-mem vectors --against ./toy_device
//!
//! It answers as QEMU does on x86, but knows no migration. With --defect it takes one block more
//! than was asked for.

mod adapter;

use std::{env, io};

const MIB: u64 = 1 << 20;
const PLUG: u16 = 0;
const UNPLUG: u16 = 1;
const UNPLUG_ALL: u16 = 2;
const STATE: u16 = 3;
const ACK: u16 = 0;
const NACK: u16 = 1;
const ERROR: u16 = 3;
const PLUGGED: u16 = 0;
const UNPLUGGED: u16 = 1;
const MIXED: u16 = 2;

#[derive(Default)]
struct ToyDevice {
    addr: u64,
    region_size: u64,
    block_size: u64,
    usable_size: u64,
    requested_size: u64,
    plugged: Vec<bool>,
    needs_reset: bool,
    defect: bool,
}

fn response(kind: u16, state: u16) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 10];
    bytes[..2].copy_from_slice(&kind.to_le_bytes());
    bytes[8..].copy_from_slice(&state.to_le_bytes());
    Some(bytes)
}

impl ToyDevice {
    fn plugged_size(&self) -> u64 {
        self.plugged.iter().filter(|plugged| **plugged).count() as u64 * self.block_size
    }

    fn usable_for(&self, size: u64) -> u64 {
        let extent = self.block_size.max(256 * MIB);
        if size == 0 { 0 } else { self.region_size.min(size + extent) }
    }

    fn unplug_all(&mut self) {
        self.plugged.fill(false);
        self.usable_size = self.usable_for(self.requested_size);
    }

    fn is_valid(&self, addr: u64, size: u64) -> bool {
        let usable_end = self.addr + self.usable_size;
        size > 0
            && addr % self.block_size == 0
            && addr >= self.addr
            && addr.checked_add(size).is_some_and(|end| end <= usable_end)
    }

    fn answer(&mut self, kind: u16, addr: u64, count: u16) -> Option<Vec<u8>> {
        let size = u64::from(count) * self.block_size;
        if !self.is_valid(addr, size) {
            return response(ERROR, 0);
        }
        let first = ((addr - self.addr) / self.block_size) as usize;
        let range = first..first + usize::from(count);
        let inside = self.plugged[range.clone()].iter().filter(|plugged| **plugged).count();
        let (all, none) = (inside == usize::from(count), inside == 0);
        let allowed = self.requested_size + if self.defect { self.block_size } else { 0 };
        match kind {
            STATE if all => response(ACK, PLUGGED),
            STATE => response(ACK, if none { UNPLUGGED } else { MIXED }),
            PLUG if self.plugged_size() + size > allowed => response(NACK, 0),
            PLUG if none => {
                self.plugged[range].fill(true);
                response(ACK, 0)
            }
            UNPLUG if all => {
                self.plugged[range].fill(false);
                response(ACK, 0)
            }
            _ => response(ERROR, 0),
        }
    }
}

impl adapter::Device for ToyDevice {
    fn create(&mut self, addr: u64, region_size: u64, block_size: u64) -> bool {
        if block_size < MIB || !block_size.is_power_of_two() {
            return false;
        }
        if addr % block_size != 0 || region_size % block_size != 0 {
            return false;
        }
        *self = ToyDevice {
            addr,
            region_size,
            block_size,
            plugged: vec![false; (region_size / block_size) as usize],
            defect: self.defect,
            ..Default::default()
        };
        true
    }

    fn handle(&mut self, readable: &[&[u8]], writable: u32) -> Option<Vec<u8>> {
        let request = readable.concat();
        if self.needs_reset {
            return None;
        }
        let kind = request.get(..2).map_or(u16::MAX, |kind| u16::from_le_bytes([kind[0], kind[1]]));
        if request.len() < 24 || writable < 10 || kind > STATE {
            self.needs_reset = true;
            return None;
        }
        if kind == UNPLUG_ALL {
            self.unplug_all();
            return response(ACK, 0);
        }
        let addr = u64::from_le_bytes(request[8..16].try_into().unwrap());
        self.answer(kind, addr, u16::from_le_bytes([request[16], request[17]]))
    }

    fn read_config(&mut self, offset: u32, size: u32) -> Vec<u8> {
        let (plugged_size, requested_size) = (self.plugged_size(), self.requested_size);
        let (block_size, region_size) = (self.block_size, self.region_size);
        let fields =
            [block_size, 0, self.addr, region_size, self.usable_size, plugged_size, requested_size];
        let config = fields.map(u64::to_le_bytes).concat();
        let start = offset as usize;
        let end = start + size as usize;
        config.get(start..end).map_or(vec![0xff; size as usize], <[u8]>::to_vec)
    }

    fn write_config(&mut self, _offset: u32, _bytes: &[u8]) {
        // a driver may try; nothing happens
    }

    fn set_requested_size(&mut self, size: u64) -> bool {
        if size % self.block_size != 0 || size > self.region_size {
            return false;
        }
        self.usable_size = self.usable_size.max(self.usable_for(size));
        self.requested_size = size;
        true
    }

    fn system_reset(&mut self) {
        self.unplug_all();
        self.needs_reset = false;
    }

    fn device_reset(&mut self) {
        self.needs_reset = false;
    }

    fn snapshot(&mut self) -> Option<Vec<u8>> {
        let sizes = [self.usable_size, self.requested_size].map(u64::to_le_bytes).concat();
        let blocks = self.plugged.iter().map(|plugged| u8::from(*plugged));
        Some(sizes.into_iter().chain(blocks).collect())
    }

    fn restore(&mut self, state: &[u8]) -> bool {
        if state.len() != 16 + self.plugged.len() {
            return false;
        }
        self.usable_size = u64::from_le_bytes(state[..8].try_into().unwrap());
        self.requested_size = u64::from_le_bytes(state[8..16].try_into().unwrap());
        self.plugged = state[16..].iter().map(|plugged| *plugged != 0).collect();
        self.needs_reset = false;
        true
    }
}

fn main() -> io::Result<()> {
    let defect = env::args().any(|argument| argument == "--defect");
    let mut device = ToyDevice { defect, ..Default::default() };
    adapter::Device::create(&mut device, 1 << 32, 1 << 30, 2 * MIB);
    adapter::serve(&mut device, &mut io::stdin().lock(), &mut io::stdout().lock())
}
