// SPDX-License-Identifier: GPL-2.0-only

//! A module as anybody writes one out of the kernel's tree, to see that one can be built.

use kernel::prelude::*;
use kernel::sync::Arc;

module! {
    type: Greeting,
    name: "greeting",
    authors: ["The Homeward maintainers"],
    description: "Says hello and goodbye",
    license: "GPL v2",
}

struct Greeting {
    numbers: KVec<Arc<i32>>,
}

impl kernel::Module for Greeting {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut numbers = KVec::new();
        for number in [72, 108, 200] {
            numbers.push(Arc::new(number, GFP_KERNEL)?, GFP_KERNEL)?;
        }
        pr_info!("hello with {} numbers\n", numbers.len());
        Ok(Greeting { numbers })
    }
}

impl Drop for Greeting {
    fn drop(&mut self) {
        let sum: i32 = self.numbers.iter().map(|number| **number).sum();
        pr_info!("goodbye, the sum was {sum}\n");
    }
}
