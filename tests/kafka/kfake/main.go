// kfaked: an in-memory Kafka broker (franz-go's kfake) for tests, on 127.0.0.1.
// It prints "ready ADDRESSES" once it listens, and ends on SIGTERM or SIGINT.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	port := flag.Int("port", 19192, "port of the first broker; the others take the following ones")
	brokers := flag.Int("brokers", 1, "how many brokers")
	data := flag.String("data", "", "keep topics in this folder (empty: in memory only)")
	flag.Parse()

	ports := make([]int, *brokers)
	for i := range ports {
		ports[i] = *port + i
	}
	options := []kfake.Opt{
		kfake.NumBrokers(*brokers),
		kfake.Ports(ports...),
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.DefaultNumPartitions(1),
		// kfake compacts once an hour unless told otherwise
		kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": "500"}),
	}
	if *data != "" {
		options = append(options, kfake.DataDir(*data))
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kfaked:", err)
		os.Exit(1)
	}
	fmt.Println("ready", strings.Join(cluster.ListenAddrs(), ","))

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	cluster.Close()
}
