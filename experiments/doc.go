// Package experiments runs experiments on socket servers: it starts each server in a fresh process, puts a
// load on it, measures what the clients saw and what the server used, and stores the result before the next
// trial begins. This page explains the terms and the rules; `socketbench help evidence` prints it.
//
// # The path of a trial
//
// An experiment file says which servers to measure, under which load, and what is predicted. Package spec reads
// it. Package plan turns it and a seed into an ordered list of trials. An agent (package agent) carries a trial out:
// package host starts the server as a child process on its CPUs, and package load generates the load in another process
// on other CPUs. The agent is this machine; over several machines there is one on each (package fleet).
// Package result stores one line for the trial in trials.jsonl, and the histograms. Packages stats and verdict
// compare the results, and package report shows them. The data flows one way:
//
//	spec -> plan -> agent (host + load) -> result -> stats -> verdict -> report
//
// [Run] runs a plan. It reports its progress as one stream of typed events, which the terminal display reads.
//
// # What is run
//
//   - A trial is one measurement: one fresh server process, a warm-up, and then a window in which requests count.
//   - A condition is one combination of the varied fields of the experiment, such as 1,000 idle clients.
//   - A cell is one server under one condition. Every cell is measured by many trials.
//   - A block is one round over all cells, each measured once, in random order. The order comes from the seed, so
//     that the run can be repeated.
//   - The baseline is the server with which every other server of the experiment is compared.
//   - A placement says on which CPUs server and generator run: split (each on its own), shared (both on all) or
//     same (both on one). Costs are never compared across placements, because a server may answer one connection
//     ten times as fast when both share a CPU. Apart is the placement of a run over several machines: response times
//     then include the network, and the report says how far each machine is and how many TCP segments were sent again.
//   - A run over several machines takes no time from two clocks. Each machine's clock is read before the trial and after
//     it, so that all begin at the same moment, and a clock that was set meanwhile makes the trial invalid. So does a
//     single late generator, which is named. A trial in which a machine is lost has no result, and is carried out again.
//   - A disturber is a client beside the measured ones. It is silent, sends a byte at a time, does not read, or
//     connects and leaves again and again. A trial counts only if its disturbers were connected.
//
// # What is measured
//
//   - In a closed loop a client sends its next request when the last one is answered. It measures capacity. In an
//     open loop requests follow a schedule that does not wait for replies, as requests of many independent users
//     do. It measures response time. The two answer different questions (Schroeder, Wierman and Harchol-Balter:
//     Open Versus Closed, NSDI 2006), so every result says which one it is.
//   - A utilization is a load in units of the machine: the share of what the baseline carries here. Half of what one
//     machine carries may be more than another can, so a number of requests a second asks each machine something else.
//     Before the first block a short search finds the capacity: the best of two closed loops, and then a check that an
//     open loop of 90 % of it is really answered. Silent and idle clients are left out of it, so that the load is the
//     same beside any number of them. The rates are then fixed: the report names them, and a run that is resumed keeps
//     them. Two searches on a quiet machine differ by a few percent; compare says by how much the rates of two runs
//     differ.
//   - Response time runs from the moment at which the schedule wants a request to be sent until its reply is
//     complete. Service time begins when the request is really sent. A generator that waits for a stalled server
//     sends nothing meanwhile and reports only one slow reply: coordinated omission (Tene: How NOT to Measure
//     Latency, 2013). Response time does not have this fault; service time shows the difference.
//   - Send lag is how much later than planned the generator sent a request although the connection was free.
//     It is the generator's own lateness, not the server's.
//   - A request is lost if its connection ends before the reply; it is unanswered if it still waits for its reply
//     at the end of the window. An unanswered request counts with its age, so that the percentiles do not look
//     better because the worst requests are missing. A figure that depends on such ages is censored: it is
//     printed with the sign ≥, because the true value is larger.
//   - Answered is the share of the requests of the window that got a correct reply in time. In an open loop the
//     requests of the window are its arrivals. In a closed loop a client that waits sends nothing, so a client that
//     was left waiting counts with the requests that it would have sent meanwhile, at the pace of the clients that
//     were served: a server that hangs in the middle of the window has answered half. Missing requests got no
//     reply; wrong and lost replies are counted beside them. A percentile that could be the time of a missing
//     request is printed with ≥ too, so that a design which serves one client of many is not the fastest.
//   - Served is the number of clients that got at least one reply. All clients may be served although hardly any
//     request is answered.
//   - A percentile is shown only if at least 10 requests lie beyond it. Percentiles of several trials are never
//     averaged: the histograms are added, and the percentile is read from the sum.
//   - The primary metric is the metric that decides whether more blocks are needed.
//   - A requirement is what a figure of every design must be. A design meets or fails it if the whole interval does; of
//     several conditions the worst counts.
//   - Headroom is how many times the rate a design takes until it fails a requirement, falls behind, or the generator gives
//     out. Short trials after the last block double the rate until then, and halve the gap that is left. A rate that decides
//     is played again, and the majority counts where two trials differ. None of these trials counts elsewhere.
//   - Memory is extrapolated where a machine cannot hold the crowd that was asked for: a straight line over at least three
//     crowds gives it, with the interval of one more trial. If the two largest crowds alone point beyond that interval, it
//     is widened to there. No other figure is extrapolated.
//
// # When a trial does not count
//
//   - An invalid trial describes the generator or the machine and not the server: the generator was late, or had
//     no CPU left, or its clients could not connect because the ports had run out. It is kept and shown with its
//     reason, and never used. Treadmill (Zhang et al., ISCA 2016) and Lancet (Kogias, Mallon and Bugnion, ATC
//     2019) show how wrong the results of a generator can be that does not check itself.
//   - A disturbed trial is one in which something else used or slowed the CPUs more than is usual in this run. Eight
//     signals are read. Four are shares of the window: what others than server and generator used of the server's CPUs
//     (other processes, the kernel, interrupts, and other virtual machines, which is called steal), the same for the
//     generator's CPUs, how long the generator was ready to run and had no CPU, and how long it stood still in pieces
//     of 10 ms or more. Four are read just before and just after the trial, because no counter of a virtual machine
//     shows them: how much of its usual speed a CPU has lost in a piece of arithmetic (a neighbour runs on the other
//     hardware thread of its core), the same of messages through a connection over loopback (the neighbour drives the
//     system's code out of the caches of the core), how much of their usual speed cache lines between two CPUs have
//     lost (the host runs the CPUs on cores that share no cache: a request then takes 1.2 to 1.35 times the CPU time), and
//     how far wake-ups of a thread on another CPU are from what they usually take, in either direction (the host has
//     changed for how long it waits for a CPU that sleeps). How often the threads of a server wait for each other depends
//     on its design, so it is stored and not judged. Usual is the median of the trials before, of the run or of the cell, whichever is more. A signal disturbs if it exceeds that
//     by more than a few percent (of messages: 15; of cache lines and wake-ups: 40), and by more than five standard
//     deviations of how the run's trials differ from the others of their cells. So a quiet machine has no disturbed
//     trial, and what is always so does not count as a disturbance.
//   - A trial does not begin while one of these four is not what is usual in the run: such a stretch lasts
//     up to half a minute, and a second run at the end of the block would fall into it as well. A run waits for at most
//     a twentieth of the time that its plan is expected to take, over all its trials; it does not wait where slow is usual, or
//     where the pace cannot be measured. Of several machines each is compared with itself. The attempts of a search for
//     a capacity wait in the same way, and from the same twentieth; what is usual is what the earlier attempts have shown.
//   - A disturbed trial is kept and marked, and run once more at the end of its block. So is a trial that is invalid
//     because of the generator or a pause, but not one that is invalid because of the server or its settings. The
//     signals alone decide, before the figures of the trial are looked at. The second run replaces the first whatever
//     it shows, even if it was disturbed as well. At most a twentieth of the trials are run again, in a block and in the
//     whole run: the invalid ones first, then those that were disturbed most. If more than a twentieth are invalid, up to a
//     quarter are run again. A resumed run decides from what is stored and so runs the same trials again. What a server
//     did wrong in a replaced trial, such as to die, is reported all the same.
//   - The file trials.jsonl has both runs of such a trial under the same number ("order"). The first has the reason in
//     "disturbed" or in its reasons, the second has "again". The signals are among the raw counters: disturbance.NAME,
//     where NAME is server_cpus, generator_cpus, generator_wait, generator_pause, arithmetic, loopback, cache_line or
//     wake_up, and disturbance.beyond_usual, which is above 1 in a disturbed trial. Behind them are server_steal_ns,
//     generator_steal_ns, server_wait_ns, generator_wait_ns (time in the run queue, summed over the threads),
//     switches_involuntary (of the server), generator_switches_involuntary, and the paces: pace_before_ns.cpuN
//     (arithmetic), pace_before_ns.cpuN-loopback (10 messages), pace_before_ns.cpuN-cpuM (50 round
//     trips of a cache line), pace_before_ns.cpuN-cpuM-wake (5 round trips of a wake-up), the same of pace_after_ns, and of
//     several machines pace_before_ns.AGENT.cpuN. The time that was waited before the trial is pace_waited_ns. What the
//     kernel does not tell is absent.
//   - A server fails if it does not start, dies, hangs, stops answering after it has answered, gives a wrong
//     reply, or answers no client although none had to wait behind another. The report says so first, with the
//     last output of the server, and does not rank its figures. A known limit of a design, such as serving one
//     client at a time, is no failure.
//   - A limited trial is one in which something held the rate back. It counts like any other, and the report says
//     what limited it and in how many blocks. There are three limits:
//   - At saturation the server's CPUs are above 90 % busy. The rate is what a full CPU carries. A server that finds
//     several requests at each wake-up spends less on each than at part load, so costs at saturation have a mark: †.
//     A design that polls without waiting is at saturation under any load.
//   - A server falls behind if it answers less than the schedule of an open loop offers. Its response times are
//     those of a queue, which grows for as long as the window lasts. They are lower bounds.
//   - If the generator limits a closed loop, the rate is a lower bound: a faster generator would drive a higher one.
//     The response times are upper bounds, because the same clients would then wait less.
//   - A cell is not run if its server does not run on this machine or cannot be given the settings of the cell.
//     The report names the cell and the reason.
//   - Clients that the machine does not allow, because of its descriptors, ports or memory, are left out: their number is
//     cut down to what fits, and the run and its report say so. Cells and predictions speak of the number that was run.
//
// # How a verdict is reached
//
//  1. Two cells are compared block by block. What happens to the machine during a block affects both, and cancels
//     in the ratio of their figures. The estimate is the mean of the logarithms of these ratios, with a 95 %
//     interval. The scatter is estimated from all cells together, because one pair has too few blocks; a cell that
//     scatters more than the others is judged by its own. A figure that lies further from the rest than the scatter
//     explains counts as if it lay at 2.5 standard deviations, so that a few bad trials cannot hide a difference
//     (Huber: Robust Statistics, 1981; package stats says how it was chosen).
//  2. In every block one cell of the baseline is run twice: the A/A pair. Both are the same server, so their
//     difference is noise. The noise floor is the distance of their mean ratio from 1, plus the half-width of the
//     interval of that ratio. Its scatter, too, comes from all cells, so that one bad pair does not set the floor.
//  3. Some of many comparisons show a difference by accident. The p-values of a table are therefore corrected for
//     their number (Holm: A Simple Sequentially Rejective Multiple Test Procedure, 1979).
//  4. A server is faster or slower than the baseline if the whole interval lies outside the noise floor after the
//     correction. It is a tie if the whole interval lies within 2 %, or within the noise floor if that is wider,
//     up to 5 %. Otherwise the comparison is undecided, which means that this run cannot tell.
//  5. The conditions of a comparison are part of its verdict. If the server has one CPU, the heading, the sentence
//     and every export say so; a design that can use several CPUs is then ranked with the one that it has. If one
//     server was at saturation and the other was not, or in fewer blocks, the sentence says that the footing is
//     unequal. If more than a third of the blocks of a cell make its figure a bound, one end of the interval is
//     open: the word is faster or slower only if the known end decides it. If both servers fall behind, the
//     interval compares their queues. A comparison is not askable here only if a cell cannot be run.
//  6. A run of fewer than 8 blocks ranks nothing within 10 %, and calls nothing a tie. Its noise floor is at most
//     1.5x: so few A/A pairs know their mean no better than a comparison knows its own, and what they scatter is part
//     of every interval already.
//  7. A run ends after its number of blocks or, if the experiment sets a maximum, when the interval of the primary
//     metric is within its precision, 2 % unless the experiment says otherwise. Only the width of the interval decides
//     this, never the result: a run that stops as soon as a difference appears finds differences that do not exist.
//     Where requirements alone are asked (fit), a design is not measured again once it has failed one on a count, which
//     is exact, so that no further trial could change that; nor once the intervals of all that is required of it lie
//     within a factor of 1.5 of their centres, and those of shares within half a percent.
//  8. A prediction is written before the run. It holds if the whole interval satisfies it, is refuted if the whole
//     interval contradicts it, and is undecided otherwise. A refuted prediction stays in the report.
//  9. Two runs are compared cell by cell. Their trials were not interleaved, so the scatter of both runs counts in
//     full. The figure printed for each run is the geometric mean of its trials, and the ratio is the quotient of
//     the two. From 6 trials on, figures far from the rest count less here, too. An undecided comparison is listed
//     with the largest change that it does not exclude.
//  10. A gate checks figures against bounds. A bound holds if the whole interval lies within it. It is broken if the
//     whole interval lies beyond it and, for a change, also beyond the noise floor. Otherwise the gate cannot tell.
//     It cannot tell either if a figure is missing, or is 0 although no measured value can be 0; if fewer than half
//     of the trials are valid; if a server failed or answered no request; or if two runs asked different things or
//     ran on different machines. A gate that cannot tell does not pass.
//
// # Why each rule exists
//
//   - Server and generator are separate processes, because two halves of one process share a scheduler and a
//     garbage collector, and each measures the other.
//   - Every trial starts a new process, because the next trial would inherit the heap of a server that has run for
//     a while, and its closing connections.
//   - Trials are interleaved in random order, because a machine changes over minutes. If one server ran first and
//     another last, the result would be the change of the machine.
//   - Every byte of every reply is compared, because a server that answers wrongly or not at all is often the
//     fastest.
//   - Cost (CPU time for a request, memory for a connection) is a result like time, because two equally fast
//     servers may need different machines.
//   - Every run writes a manifest: seed, versions, machine, limits, settings, order and times. Without it nobody
//     can repeat the run, or see why another machine gives another result.
package experiments
