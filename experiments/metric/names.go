package metric

// Names of the metrics that code asks for. A metric that is only measured and shown needs none.
const (
	Answered           = "answered"
	Missing            = "missing"
	Disturbers         = "disturbers"
	Served             = "served"
	Unserved           = "unserved"
	OfferedRate        = "offered_rate"
	AchievedRate       = "achieved_rate"
	Completed          = "completed"
	Unanswered         = "unanswered"
	Lost               = "lost"
	Wrong              = "wrong"
	Duplicate          = "duplicate"
	ThroughputBytes    = "throughput_bytes"
	InService          = "in_service"
	CPUPerRequest      = "cpu_per_request"
	CPUUserPerRequest  = "cpu_user_per_request"
	CPUSysPerRequest   = "cpu_sys_per_request"
	SoftIRQPerRequest  = "softirq_per_request"
	ServerCPU          = "server_cpu"
	ClientCPU          = "client_cpu"
	SwitchesPerRequest = "switches_per_request"
	ReadsPerRequest    = "reads_per_request"
	WritesPerRequest   = "writes_per_request"
	RSSPeak            = "rss_peak"
	RSSPerConnection   = "rss_per_connection"
	GoroutinesPeak     = "goroutines_peak"
	ThreadsPeak        = "threads_peak"
	GCCount            = "gc_count"
	GCPause            = "gc_pause"
	Fairness           = "fairness"
	WorstConnectionP99 = "worst_connection_p99"
	Drain              = "drain"
	RepliesLostAtDrain = "replies_lost_at_drain"

	LatencyP50 = Latency + ".p50"
	LatencyP99 = Latency + ".p99"
	ServiceP50 = Service + ".p50"
	SendLagP50 = SendLag + ".p50"
	SendLagP99 = SendLag + ".p99"
)

// Families of times, each with percentiles of its own.
const (
	Latency    = "latency"
	Service    = "service"
	Connect    = "connect"
	FirstReply = "first_reply"
	SendLag    = "send_lag"
)
