//! The socket as a client sees it: real sockets and HTTP, ports in memory.

mod audit;
mod books;
mod documents;
mod fixture;
mod hostile;
mod limits;
mod quiet;
mod roles;
mod socket;
