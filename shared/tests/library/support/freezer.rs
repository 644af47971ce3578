use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Stands still on demand, as a function does whose machine is suspended, and goes on later as if no time had passed.
#[derive(Clone, Default)]
pub struct Freezer {
    is_frozen: Arc<AtomicBool>,
    waiting: Arc<Mutex<Vec<Waker>>>,
}

impl Freezer {
    /// Nothing that this freezer holds is polled from now on.
    pub fn freeze(&self) {
        self.is_frozen.store(true, Ordering::SeqCst);
    }

    /// Everything goes on.
    pub fn thaw(&self) {
        self.is_frozen.store(false, Ordering::SeqCst);
        self.waiting.lock().unwrap().drain(..).for_each(Waker::wake);
    }

    /// The same work, held by this freezer.
    pub fn hold(&self, work: impl Future<Output = ()> + Send + 'static) -> impl Future<Output = ()> + Send + 'static {
        Held { freezer: self.clone(), work: Box::pin(work) }
    }
}

struct Held {
    freezer: Freezer,
    work: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Future for Held {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.freezer.is_frozen.load(Ordering::SeqCst) {
            self.freezer.waiting.lock().unwrap().push(context.waker().clone());
            return Poll::Pending;
        }
        self.work.as_mut().poll(context)
    }
}
