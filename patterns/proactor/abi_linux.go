package proactor

// The structures and constants that the kernel and this package share; see <linux/io_uring.h>.

// sqe and cqe are the kernel's io_uring_sqe and io_uring_cqe.
type sqe struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32
	off, addr     uint64
	len, opFlags  uint32
	userData      uint64
	_             [3]uint64
}

type cqe struct {
	userData uint64
	res      int32
	flags    uint32
}

type params struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
	_                                                                      [3]uint32
	sqOff                                                                  struct {
		head, tail, ringMask, ringEntries, flags, dropped, array, _ uint32
		_                                                           uint64
	}
	cqOff struct {
		head, tail, ringMask, ringEntries, overflow, cqes, flags, _ uint32
		_                                                           uint64
	}
}

type waitArg struct {
	sigmask        uint64
	sigmaskSize, _ uint32
	timeout        uint64
}

const (
	setupCQSize       = 1 << 3
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13
	featSingleMmap    = 1 << 0
	featExtArg        = 1 << 8
	offSQEs           = 0x10000000
	enterGetEvents    = 1 << 0
	enterExtArg       = 1 << 3
	opAccept          = 13
	opCancel          = 14
	opRead            = 22
	opSend            = 26
	opRecv            = 27
	acceptMultishot   = 1 << 0
	completionMore    = 1 << 1
	wakeToken         = ^uint64(0)
)
