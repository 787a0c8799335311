// Counts the basic blocks and control-flow edges of each inference, layer by layer, while Renode runs a firmware.
// Renode compiles this file when a run begins; `cpu CountInferences "table" "folder"` starts it. The table (written by
// profiler/run/renode_counts.py) says where blocks end; `folder` gets a file for each inference, complete when it is there.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Antmicro.Renode.Peripherals.CPU;

namespace Profiler
{
    public static class InferenceCounterExtensions
    {
        public static void CountInferences(this TranslationCPU cpu, string table, string folder)
        {
            var counter = new InferenceCounter(cpu, table, folder);
            cpu.SetHookAtBlockBegin(counter.OnBlock);
            cpu.AddHookAtInterruptBegin(counter.OnInterruptBegin);
            cpu.AddHookAtInterruptEnd(counter.OnInterruptEnd);
        }
    }

    // Blocks as the table cuts them, whatever Renode's own blocks are: those may end earlier (a time slice is over) or
    // later, so that one of them begins inside of a block of the table, or holds several. Interrupt handlers (SysTick
    // counts cycles where there is no DWT) are no part of an inference: the embedded emulator never takes interrupts.
    internal sealed class InferenceCounter
    {
        public InferenceCounter(TranslationCPU cpu, string table, string folder)
        {
            this.cpu = cpu;
            this.folder = folder;
            using(var reader = new BinaryReader(File.OpenRead(table)))
            {
                invokeStart = reader.ReadUInt32();
                invokeEnd = reader.ReadUInt32();
                for(var left = reader.ReadUInt32(); left > 0; left--)
                {
                    var layer = reader.ReadInt32();
                    layerOf[reader.ReadUInt32()] = layer;
                }
                ranges = new Range[reader.ReadUInt32()];
                for(var i = 0; i < ranges.Length; i++)
                {
                    ranges[i] = new Range(reader);
                }
            }
            last = ranges[0];
        }

        public void OnInterruptBegin(ulong exception)
        {
            handlers++;
        }

        public void OnInterruptEnd(ulong exception)
        {
            handlers = Math.Max(handlers - 1, 0);
        }

        // Renode begins to execute `instructions` instructions at `address`.
        public void OnBlock(ulong address, uint instructions)
        {
            if(handlers > 0)
            {
                return;
            }
            var start = (uint)address;
            var range = Find(start);
            if(range == null)
            {
                blockEnd = pieceEnd = 0; // code of nobody's: the next block of ours is an arrival
                previous = None;
                return;
            }
            var end = range.EndOf(start, instructions);
            var at = start == pieceEnd && pieceEnd < blockEnd ? blockEnd : start;
            while(at < end)
            {
                Arrive(range, at);
                at = blockEnd;
            }
            pieceEnd = end;
        }

        private void Arrive(Range range, uint address)
        {
            var callEnd = blockEnd;
            blockEnd = address + range.BlockBytes(address);
            if(address == invokeStart)
            {
                Begin(callEnd);
            }
            else if(counting && address == returnAddress)
            {
                Finish();
            }
            else if(counting && (range.Region(address) & Range.Special) != 0)
            {
                Enter(layerOf.ContainsKey(address) ? layerOf[address] : Dispatch);
            }
            var block = range.BlockAt(address);
            if(counting)
            {
                if(block.Count++ == 0)
                {
                    touched.Add(block);
                }
                if(previous != None)
                {
                    previous.CountEdge(block);
                }
            }
            previous = block;
        }

        private void Begin(uint callEnd)
        {
            Flush(false);
            text.Clear();
            MarkRegions();
            layer = Dispatch;
            counting = true;
            returnAddress = callEnd;
        }

        private void Finish()
        {
            Flush(true);
            counting = false;
            text.Append("instructions ").Append(cpu.ExecutedInstructions).Append('\n');
            var name = Path.Combine(folder, "inference-" + inferences++);
            File.WriteAllText(name + ".part", text.ToString());
            File.Move(name + ".part", name);
        }

        private void Enter(int next)
        {
            if(layer != next)
            {
                Flush(true);
                layer = next;
            }
        }

        // Writes and forgets what was counted since the last call. The edge that led here is of the layer it leads to.
        private void Flush(bool keep)
        {
            if(keep)
            {
                text.Append("layer ").Append(layer).Append('\n');
            }
            foreach(var block in touched)
            {
                if(keep)
                {
                    text.Append("block ").Append(block.Address).Append(' ').Append(block.Count).Append('\n');
                }
                block.Count = 0;
            }
            touched.Clear();
            foreach(var block in Block.WithEdges)
            {
                block.FlushEdges(keep ? text : null);
            }
            Block.WithEdges.Clear();
        }

        // Once: where a layer may change.
        private void MarkRegions()
        {
            if(marked)
            {
                return;
            }
            marked = true;
            foreach(var entry in layerOf.Keys)
            {
                MarkSpecial(entry);
            }
            for(var at = invokeStart; at < invokeEnd; at += 2)
            {
                MarkSpecial(at);
            }
        }

        private void MarkSpecial(uint address)
        {
            var range = Find(address);
            if(range != null)
            {
                range.Mark(address);
            }
        }

        private Range Find(uint address)
        {
            if(address - last.Base < last.Size)
            {
                return last;
            }
            foreach(var range in ranges)
            {
                if(address - range.Base < range.Size)
                {
                    last = range;
                    return range;
                }
            }
            return null;
        }

        private const int Dispatch = -1;
        private static readonly Block None = null;

        private readonly TranslationCPU cpu;
        private readonly string folder;
        private readonly uint invokeStart, invokeEnd;
        private readonly Dictionary<uint, int> layerOf = new Dictionary<uint, int>();
        private readonly Range[] ranges;
        private readonly List<Block> touched = new List<Block>();
        private readonly StringBuilder text = new StringBuilder();
        private Range last;
        private Block previous;
        private uint blockEnd, pieceEnd, returnAddress;
        private int layer, inferences, handlers;
        private bool counting, marked;
    }

    // One stretch of code.
    internal sealed class Range
    {
        public Range(BinaryReader reader)
        {
            Base = reader.ReadUInt32();
            var halfwords = reader.ReadInt32();
            Size = (uint)halfwords * 2;
            bytes = new ushort[halfwords];
            wide = new bool[halfwords];
            regions = new byte[halfwords];
            blocks = new Block[halfwords];
            seenInstructions = new uint[halfwords];
            seenEnd = new uint[halfwords];
            for(var i = 0; i < halfwords; i++)
            {
                bytes[i] = reader.ReadUInt16();
                wide[i] = reader.ReadByte() != 0;
            }
        }

        public uint BlockBytes(uint address)
        {
            return bytes[(address - Base) >> 1];
        }

        // The address behind so many instructions.
        public uint EndOf(uint address, uint instructions)
        {
            var index = (address - Base) >> 1;
            if(seenInstructions[index] == instructions)
            {
                return seenEnd[index];
            }
            var at = index;
            for(var left = instructions; left > 0 && at < wide.Length; left--)
            {
                at += wide[at] ? 2u : 1u;
            }
            seenInstructions[index] = instructions;
            return seenEnd[index] = Base + at * 2;
        }

        public Block BlockAt(uint address)
        {
            var index = (address - Base) >> 1;
            return blocks[index] ?? (blocks[index] = new Block(address));
        }

        public byte Region(uint address)
        {
            return regions[(address - Base) >> 1];
        }

        public void Mark(uint address)
        {
            regions[(address - Base) >> 1] = Special;
        }

        public readonly uint Base, Size;
        public const byte Special = 1;
        private readonly ushort[] bytes;
        private readonly bool[] wide;
        private readonly byte[] regions;
        private readonly Block[] blocks;
        private readonly uint[] seenInstructions, seenEnd;
    }

    // A block of the table, and where control went from it. The first two successors, mostly all, need no look-up.
    internal sealed class Block
    {
        public Block(uint address)
        {
            Address = address;
        }

        public void CountEdge(Block to)
        {
            if(first == to)
            {
                Touch();
                firstCount++;
                return;
            }
            if(second == to)
            {
                Touch();
                secondCount++;
                return;
            }
            Touch();
            if(first == null)
            {
                first = to;
                firstCount++;
            }
            else if(second == null)
            {
                second = to;
                secondCount++;
            }
            else
            {
                if(others == null)
                {
                    others = new Dictionary<Block, long>();
                }
                long count;
                others.TryGetValue(to, out count);
                others[to] = count + 1;
            }
        }

        public void FlushEdges(StringBuilder text)
        {
            Write(text, first, firstCount);
            Write(text, second, secondCount);
            if(others != null)
            {
                foreach(var other in others)
                {
                    Write(text, other.Key, other.Value);
                }
                others.Clear();
            }
            firstCount = secondCount = 0;
            hasEdges = false;
        }

        private void Touch()
        {
            if(!hasEdges)
            {
                hasEdges = true;
                WithEdges.Add(this);
            }
        }

        private void Write(StringBuilder text, Block to, long count)
        {
            if(text != null && count > 0)
            {
                text.Append("edge ").Append(Address).Append(' ').Append(to.Address).Append(' ').Append(count).Append('\n');
            }
        }

        public static readonly List<Block> WithEdges = new List<Block>();
        public readonly uint Address;
        public long Count;
        private Block first, second;
        private long firstCount, secondCount;
        private Dictionary<Block, long> others;
        private bool hasEdges;
    }
}
