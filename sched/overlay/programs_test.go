package overlay_test

import (
	"context"
	"crypto/ed25519"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"hash/maphash"
	"io"
	"iter"
	"maps"
	"math/big"
	"math/rand"
	randv2 "math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"
	"unsafe"
	"weak"

	"github.com/listentest/listentest/sched"
)

// programs are what runs under control again and again. What a run comes
// across it gives to see, and equal runs see the same.
var programs = map[string]func(see func(...any)){
	"locks":           locks,
	"maps":            hashes,
	"select":          selects,
	"timers":          timers,
	"random":          randomness,
	"pools":           pools,
	"sync.Map":        syncMap,
	"contexts":        contexts,
	"panics":          panics,
	"Gosched":         spinning,
	"spin on atomics": spinAtomic,
	"collection":      collection,
	"garbage":         garbage,
	"stacks":          stacks,
	"long loop":       longLoop,
	"system calls":    systemCalls,
	"weak pointers":   weakPointers,
	"weak caches":     handshakes,
	"coroutines":      coroutines,
	"conditions":      conditions,
	"pipe":            pipe,
	"gopark":          parks,
	"holds":           holds,
	"leftovers":       leftovers,
}

// together runs n goroutines to their end.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f(i)
		}()
	}
	wg.Wait()
}

func locks(see func(...any)) {
	var mu sync.Mutex
	var rw sync.RWMutex
	var once sync.Once
	var n atomic.Int64
	together(4, func(i int) {
		for range 5 {
			once.Do(func() { see("once", i) })
			mu.Lock()
			see(i, n.Add(1))
			mu.Unlock()
			if i == 0 {
				rw.Lock()
				see("w")
				rw.Unlock()
			} else {
				rw.RLock()
				rw.RUnlock()
			}
		}
	})
}

func hashes(see func(...any)) {
	together(2, func(int) {
		m := map[string]int{}
		for i := range 100 {
			m[string(rune('a'+i))] = i
			if i%10 == 0 {
				for k, v := range m {
					see(k, v)
					break
				}
			}
			runtime.Gosched()
		}
		for k, v := range m {
			see(k, v)
		}
		var h maphash.Hash
		h.WriteString("x")
		see(h.Sum64())
		see(slices.Collect(maps.Keys(map[any]bool{1: true, "a": true, 2.5: true})))
	})
}

func selects(see func(...any)) {
	cs := make([]chan int, 8)
	for i := range cs {
		cs[i] = make(chan int, 1)
		cs[i] <- i
	}
	for range 50 {
		select {
		case x := <-cs[0]:
			cs[0] <- x + 1
		case x := <-cs[1]:
			see(x)
			cs[1] <- x
		case x := <-cs[2]:
			cs[2] <- x
		case x := <-cs[3]:
			cs[3] <- x + 1
		case x := <-cs[4]:
			see(x)
			cs[4] <- x
		}
		select {
		case x := <-cs[5]:
			cs[5] <- x + 1
		case x := <-cs[6]:
			cs[6] <- x + 1
		default:
			see("none")
		}
	}
}

func timers(see func(...any)) {
	start := time.Now()
	for i := range 20 {
		time.AfterFunc(time.Duration(i%2)*time.Second, func() { see(i, time.Since(start)) })
	}
	tick, all := time.NewTicker(300*time.Millisecond), time.After(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			see("tick")
		case <-all:
			together(5, func(i int) { time.Sleep(time.Second); see(i) })
			return
		}
	}
}

func randomness(see func(...any)) {
	together(2, func(int) {
		b := make([]byte, 8)
		crand.Read(b)
		see(b, rand.Int(), randv2.Uint64(), rand.Perm(5), crand.Text())
	})
}

var pool = sync.Pool{New: func() any { return new(chan int) }}

func pools(see func(...any)) {
	together(3, func(i int) {
		c := pool.Get().(*chan int)
		see(*c == nil) // a run finds none of those of the last one
		if *c == nil {
			*c = make(chan int, 1)
		}
		*c <- i
		<-*c
		pool.Put(c)
	})
}

func syncMap(see func(...any)) {
	var m sync.Map
	together(3, func(i int) {
		for k := range 10 {
			_, loaded := m.LoadOrStore(k, i)
			see(loaded)
			m.CompareAndSwap(k, i, i+1)
		}
		m.Range(func(k, v any) bool { see(k, v); return true })
		m.Clear()
	})
}

func contexts(see func(...any)) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for i := range 3 {
		context.AfterFunc(ctx, func() { see("after", i) })
	}
	together(4, func(i int) {
		child, cancel := context.WithDeadline(ctx, time.Now().Add(time.Duration(i)*time.Second/2))
		defer cancel()
		<-child.Done()
		see(i, child.Err())
	})
	synctest.Wait()
}

func panics(see func(...any)) {
	var mu sync.Mutex
	together(3, func(i int) {
		defer func() { see(recover()) }()
		mu.Lock()
		defer mu.Unlock()
		if i == 1 {
			runtime.Goexit()
		}
		panic(i)
	})
}

func spinning(see func(...any)) {
	var turn atomic.Int32
	together(3, func(i int) {
		for turn.Load() != int32(2-i) {
			runtime.Gosched()
		}
		see(i)
		turn.Add(1)
	})
}

// spinAtomic hangs if whoever runs may run on for ever.
func spinAtomic(see func(...any)) {
	var turn atomic.Int32
	together(2, func(i int) {
		for turn.Load() != int32(1-i) {
		}
		see(i)
		turn.Add(1)
	})
}

//go:linkname gopark runtime.gopark
func gopark(commit func(g uintptr, at unsafe.Pointer) bool, at unsafe.Pointer, reason, trace uint8, skip int)

//go:linkname goready runtime.goready
func goready(g uintptr, skip int)

// parked keeps who parks.
//
//go:nosplit
//go:norace
func parked(g uintptr, at unsafe.Pointer) bool {
	*(*uintptr)(at) = g
	return true
}

// parks hangs if time does not pass while somebody waits who called gopark as
// gVisor's pkg/sleep does, and says that it is in a select.
func parks(see func(...any)) {
	selecting := uint8(18) // runtime.waitReasonSelect
	if strings.HasPrefix(runtime.Version(), "go1.25") {
		selecting = 9
	}
	who := new(uintptr)
	together(2, func(i int) {
		if i == 0 {
			gopark(parked, unsafe.Pointer(who), selecting, 0, 0)
			see("woken")
			return
		}
		time.Sleep(time.Second)
		see("wakes")
		goready(*who, 0)
	})
}

func collection(see func(...any)) {
	together(3, func(i int) {
		b := make([]byte, 1<<16)
		runtime.Gosched()
		if i == 1 {
			runtime.GC()
		}
		see(i, len(b))
	})
}

var sink atomic.Pointer[[]byte]

// garbage has the collector help, stop and scan whoever runs.
func garbage(see func(...any)) {
	c := make(chan *[]byte)
	go func() {
		defer close(c)
		for range 40 {
			b := make([]byte, 1<<14)
			c <- &b
		}
	}()
	together(3, func(i int) {
		for b := range c {
			more := make([]*int, 1<<8)
			for j := range more {
				more[j] = new(int)
			}
			sink.Store(b)
			see(i, len(more))
		}
	})
}

func stacks(see func(...any)) {
	var deep func(n int) int
	deep = func(n int) int {
		var room [256]byte
		if n == 0 {
			runtime.Gosched()
			return int(room[0])
		}
		return deep(n-1) + int(room[n%256]) + 1
	}
	together(3, func(i int) { see(i, deep(200*(i+1))) })
}

// loops is how long a long loop is: about a tenth of a second where it is not
// one of many runs.
var loops = 1 << 20

func longLoop(see func(...any)) {
	together(3, func(i int) {
		x := uint64(i)
		for range loops {
			x = x*6364136223846793005 + 1
		}
		see(i, x)
	})
}

func systemCalls(see func(...any)) {
	together(3, func(i int) {
		b, err := os.ReadFile("overlay.go")
		see(i, len(b), err)
		_, err = os.Stat("nowhere")
		see(i, errors.Is(err, os.ErrNotExist))
	})
}

func weakPointers(see func(...any)) {
	together(2, func(i int) {
		kept, lost := new([64]int), new([64]int)
		k, l := weak.Make(kept), weak.Make(lost)
		runtime.AddCleanup(lost, func(int) {}, 0)
		runtime.SetFinalizer(kept, func(*[64]int) {})
		see(l.Value() == lost)
		runtime.GC()
		see(i, k.Value() == kept, l.Value() == nil)
		runtime.KeepAlive(kept)
	})
}

// server is made once in a process, as many a test has it. What TLS makes of its
// certificate and key is kept for as long as somebody has it.
var server = sync.OnceValue(func() *tls.Config {
	public, private, err := ed25519.GenerateKey(crand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(crand.Reader, template, template, public, private)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: private}}}
})

func handshakes(see func(...any)) {
	for range 2 {
		a, b := net.Pipe()
		together(2, func(i int) {
			if i == 0 {
				see(tls.Server(a, server()).Handshake())
				return
			}
			c := tls.Client(b, &tls.Config{InsecureSkipVerify: true})
			see(c.Handshake(), len(c.ConnectionState().PeerCertificates))
			_, private, err := ed25519.GenerateKey(crand.Reader)
			see(len(ed25519.Sign(private, nil)), err)
		})
	}
}

func coroutines(see func(...any)) {
	c := make(chan int)
	count := func(yield func(int) bool) {
		for i := range 5 {
			select {
			case c <- i:
			default:
			}
			if !yield(i) {
				return
			}
		}
	}
	go func() {
		for x := range c {
			see("got", x)
		}
	}()
	together(3, func(i int) {
		next, stop := iter.Pull(iter.Seq[int](count))
		defer stop()
		for x, ok := next(); ok && x < 3+i; x, ok = next() {
			see(i, x)
			os.Stat("nowhere")
		}
	})
	close(c)
}

func conditions(see func(...any)) {
	var mu sync.Mutex
	c, n := sync.NewCond(&mu), 0
	together(4, func(i int) {
		mu.Lock()
		defer mu.Unlock()
		for n++; n < 4; {
			c.Wait()
		}
		see(i)
		c.Broadcast()
	})
}

func pipe(see func(...any)) {
	r, w := io.Pipe()
	go together(3, func(i int) { w.Write([]byte{byte(i), 7}) })
	b := make([]byte, 6)
	io.ReadFull(r, b)
	see(b)
	synctest.Wait()
}

func holds(see func(...any)) {
	var mu sync.Mutex
	g := sched.Go(func() {
		for i := range 5 {
			mu.Lock()
			see("held", i)
			mu.Unlock()
		}
	})
	g.PreemptAfter(4)
	synctest.Wait()
	p, ok := g.Preempted()
	see(p, ok, g.Points())
	together(2, func(i int) {
		if i == 1 {
			see(g.Resume())
		}
		mu.Lock() // the one that is held has it
		defer mu.Unlock()
		see(i)
	})
	synctest.Wait()
}

// leftovers run on when control is over.
func leftovers(see func(...any)) {
	for i := range 3 {
		go func() {
			see(i)
			for range 50 {
				runtime.Gosched()
			}
		}()
	}
	for range 10 {
		runtime.Gosched()
	}
}
