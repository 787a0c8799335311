// A serial port behind a pseudo-terminal, as Renode's own, but virtual time stands still while the firmware waits for the
// host. So no time-out of the firmware depends on how busy the host is, and a run always takes the same virtual time.
// Renode compiles this file when a run begins; `emulation CreateHostPort "name" "file"` makes the port, `file` then tells
// the pseudo-terminal. The log, which is written by a thread of its own, tells of every answer that is over: what went
// wrong before stands before it.
using System;
using System.IO;
using System.Text;
using Antmicro.Renode.Backends.Terminals;
using Antmicro.Renode.Core;
using Antmicro.Renode.Logging;
using Antmicro.Renode.Utilities;

namespace Profiler
{
    public static class HostPortExtensions
    {
        public static void CreateHostPort(this Emulation emulation, string name, string file)
        {
            emulation.ExternalsManager.AddExternal(new HostPort(file), name);
        }
    }

    // The firmware waits when it has said m-ready (docs/protocol.md). Then the next message is read to its end before
    // time goes on, and all its bytes reach the UART at one moment. Some of Renode's UARTs need that: the UARTE of the nRF
    // parts writes a byte that arrives between two transfers behind the firmware's buffer.
    public class HostPort : BackendTerminal
    {
        public HostPort(string file)
        {
            File.WriteAllText(file + ".part", terminal.SlaveName);
            File.Move(file + ".part", file);
        }

        // Called by the core's thread: it executes nothing until this returns.
        public override void WriteChar(byte value)
        {
            terminal.WriteByte(value);
            if(value != '\n')
            {
                line.Append((char)value);
                return;
            }
            var said = line.ToString().TrimEnd('\r');
            line.Clear();
            if(said == Prompt)
            {
                Logger.Log(LogLevel.Info, "profiler: answers: {0}", ++answers);
                Receive();
            }
            else if(said.StartsWith(Announcement) && said.EndsWith(AnnouncementEnd))
            {
                var digits = said.Substring(Announcement.Length, said.Length - Announcement.Length - AnnouncementEnd.Length);
                int.TryParse(digits, out rawBytes);
            }
        }

        // One message: as many raw bytes as were announced, else a command.
        private void Receive()
        {
            var left = rawBytes;
            rawBytes = 0;
            var raw = left > 0;
            var value = 0;
            do
            {
                value = terminal.ReadByte();
                if(value < 0)
                {
                    return; // the pseudo-terminal is closed: Renode ends
                }
                CallCharReceived((byte)value);
            }
            while(raw ? --left > 0 : value != CommandEnd);
        }

        private const string Prompt = "m-ready", Announcement = "m-[Expecting ", AnnouncementEnd = " raw bytes]";
        private const int CommandEnd = '%';

        private readonly PtyUnixStream terminal = new PtyUnixStream();
        private readonly StringBuilder line = new StringBuilder();
        private int rawBytes, answers;
    }
}
