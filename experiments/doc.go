// Package experiments runs experiments on socket servers: it starts each server in a fresh process, plays a
// load to it, measures what its clients saw and what it used, and stores the result before the next trial
// begins. This page explains the words and the rules; `socketbench help evidence` prints it.
//
// # The path of a trial
//
// An experiment file says which servers are asked, under which load, and what is predicted. Package spec reads
// it. Package plan turns it and a seed into an ordered list of trials. For each trial package host starts the
// server as a child process on its CPUs, and package load plays the load from another process on other CPUs.
// Package result stores what came out: one line in trials.jsonl, and the histograms. Packages stats and verdict
// compare, and package report shows it. The data flows one way:
//
//	spec -> plan -> (host + load) -> result -> stats -> verdict -> report
//
// [Run] carries a plan out. It tells what it is doing as one stream of typed events, which the terminal's
// display reads.
//
// # What is run
//
//   - A trial is one measurement: one fresh server process, a warm-up, then a window in which requests count.
//   - A condition is one combination of the varied fields of the experiment, such as 1,000 idle clients.
//   - A cell is one server under one condition. Every cell is measured by many trials.
//   - A block is one round over all cells, each measured once, in random order. The order comes from the seed, so
//     that the run can be repeated.
//   - The baseline is the server with which every other server of the experiment is compared.
//   - A placement says on which CPUs server and generator run: split (each on its own), shared (both on all) or
//     same (both on one). Costs are never compared across placements, because one connection may be served ten
//     times as fast when both share a CPU.
//   - A disturber is a client beside the measured ones: one that is silent, sends a byte at a time, does not read,
//     or comes and goes. A trial counts only if its disturbers were there.
//
// # What is measured
//
//   - In a closed loop a client sends its next request when the last one is answered. It measures capacity. In an
//     open loop requests follow a schedule that does not wait for replies, as requests of many independent users
//     do. It measures response time. The two answer different questions (Schroeder, Wierman and Harchol-Balter:
//     Open Versus Closed, NSDI 2006), so every result says which one it is.
//   - Response time runs from the moment at which the schedule wanted the request sent until its reply is
//     complete. Service time runs from the moment at which it was sent. A generator that waits for a stalled
//     server sends nothing meanwhile, and reports only the one slow reply: coordinated omission (Tene: How NOT to
//     Measure Latency, 2013). Response time does not have this fault; service time shows the difference.
//   - Send lag is how much later than planned the generator sent a request although the connection was free.
//     It is the generator's own lateness, not the server's.
//   - A request is lost when its connection ends before the reply; it is unanswered when it is still open at the
//     end of the window. An unanswered request is counted at its age, so that the percentiles cannot look better
//     because the worst requests are missing. A figure that depends on such ages is censored: it stands with the
//     sign ≥, as it would have been more.
//   - Answered is the share of what was asked for in the window that was answered rightly and in time. In an open
//     loop the arrivals of the window are what was asked for. In a closed loop a client that waits asks for nothing,
//     so a client that was left waiting counts for what it would have asked for meanwhile, at the pace of those that
//     were served: a server that hangs in the middle of the window has answered half. What is missing got no reply;
//     wrong and lost replies stand beside it.
//   - Served are the clients that got any answer. All may be served, and hardly any request answered.
//   - A percentile is shown only if at least 10 requests lie beyond it. Percentiles of several trials are never
//     averaged: their histograms are added, and the percentile is read from the sum.
//   - The primary metric is the one that decides whether more blocks are needed.
//
// # When a trial does not count
//
//   - An invalid trial describes the generator or the machine and not the server: the generator was late, or had
//     no CPU left, or its clients could not connect for want of ports. It is kept and shown with its reason, and
//     never used. Treadmill (Zhang et al., ISCA 2016) and Lancet (Kogias, Mallon and Bugnion, ATC 2019) show how
//     far a generator that does not check itself misleads.
//   - A server fails if it does not start, dies, hangs, stops answering though it had answered, gives a wrong
//     reply, or answers no client although none stands before another in its queue. That is said first, with the
//     server's last words, and its figures are not ranked. What a design promises not to do, such as to serve
//     more than one client at a time, is no failure.
//   - A limited trial is one that something held back. Where the server's CPU was above 90 % the server was the
//     limit, which is a result: the trial counts, and says so. Where the generator was the limit of a closed loop,
//     the rate is a lower bound and is not ranked.
//   - A cell that a server cannot be asked, because it does not run here or cannot be told what the cell wants, is
//     not run. The report names it with the reason.
//
// # How a verdict is reached
//
//  1. Two cells are compared block by block. What the machine did during a block happened to both, and cancels
//     in the ratio of their figures. The estimate is the mean of the logarithms of these ratios, with a 95 %
//     interval. The scatter is estimated from all cells together, because a few blocks alone cannot tell it.
//  2. In every block one cell of the baseline is run twice: the A/A pair. Both are the same server, so what they
//     differ by is noise. The noise floor is how far apart the two may be found: the distance of their mean ratio
//     from 1, and the half-width of its interval.
//  3. Many comparisons at once find differences by accident. The p-values of a table are corrected for their number
//     (Holm: A Simple Sequentially Rejective Multiple Test Procedure, 1979).
//  4. A server is faster or slower than the baseline if the whole interval lies outside the noise floor after the
//     correction. It is a tie if the whole interval lies within 2 %, or within the floor where that is wider, up
//     to 5 %. Otherwise the comparison is undecided, which means that this run cannot tell.
//  5. A run of fewer than 8 blocks ranks nothing within 10 %, and calls nothing a tie.
//  6. A run ends after its number of blocks, or, where the experiment sets a maximum, when the interval of the
//     primary metric is within 2 %. The width of the interval decides this, never the direction of the result:
//     a run that stops when it likes the answer finds differences that are not there.
//  7. A prediction is written before the run. It holds if the whole interval satisfies it, is refuted if the whole
//     interval contradicts it, and is undecided otherwise. A refuted prediction stays in the report.
//  8. Two runs are compared cell by cell. Their trials were not interleaved, so that the scatter of both counts in
//     full. What is printed of each run is the geometric mean of its trials, of which the ratio is the quotient. What
//     is undecided is listed with the largest change that it does not exclude.
//  9. A gate holds figures to bounds. A bound holds if the whole interval lies within it, is broken if the whole
//     interval lies beyond it (a change also beyond the noise floor), and cannot be told otherwise. It cannot be told
//     either where a figure is missing, or is 0 and nothing measured can be; where fewer than half of the trials are
//     valid; where a server failed or answered nobody; or where two runs asked different things, or on different
//     machines. What cannot be told does not pass.
//
// # Why each rule exists
//
//   - Server and generator are separate processes, because two halves of one process share a scheduler and a
//     garbage collector, and each measures the other.
//   - Every trial starts a new process, because a server that has run for a while has a heap, and connections that
//     are closing, which the next measurement would inherit.
//   - Trials are interleaved in random order, because a machine changes over minutes. If one server ran first and
//     the other last, the change of the machine would be the result.
//   - Every byte of every reply is compared, because a server that answers wrongly or not at all is often the
//     fastest.
//   - Cost (CPU time for a request, memory for a connection) is a result like time, because two servers that are
//     equally fast are not equally good.
//   - Every run writes a manifest: seed, versions, machine, limits, settings, order and times. Without it nobody
//     can repeat the run or see why another machine gives another answer.
package experiments
